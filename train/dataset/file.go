package dataset

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

// Format is how a file is written.
type Format string

// The formats.
const (
	Lines Format = "jsonl" // an object a line
	CSV   Format = "csv"   // with a line of column names, quoted as RFC 4180 says; also with ; | or tabs between fields
	TSV   Format = "tsv"   // with a line of column names, a record a line
	CoNLL Format = "conll" // a word a line with its tag last, an empty line between texts
	SQuAD Format = "squad" // JSON: SQuAD 1.1 and 2.0, or objects as of Lines in a list
	Plain Format = "text"  // a text a line, an empty line between documents
)

// Formats lists them.
func Formats() []Format { return []Format{Lines, CSV, TSV, CoNLL, SQuAD, Plain} }

// extensions tell the format of a file whose format is not given.
var extensions = map[string]Format{
	".jsonl": Lines, ".ndjson": Lines, ".csv": CSV, ".tsv": TSV, ".conll": CoNLL, ".bio": CoNLL, ".iob": CoNLL, ".iob2": CoNLL,
	".train": CoNLL, ".testa": CoNLL, ".testb": CoNLL, // as CoNLL's own are named
	".json": SQuAD, ".txt": Plain, ".text": Plain, ".md": Plain,
}

// FormatOf is how a file is written by its name; "" where that does not tell.
func FormatOf(path string) Format { return extensions[strings.ToLower(filepath.Ext(path))] }

// Options say how a file is read. The zero value goes by its name.
type Options struct {
	Format  Format
	Columns Columns
}

// Load reads a file; o nil goes by its name.
func Load(path string, o *Options) ([]Example, error) {
	if o == nil {
		o = &Options{}
	}
	format := o.Format
	if format == "" {
		if format = FormatOf(path); format == "" {
			return nil, fmt.Errorf("dataset: %s: the name does not tell the format: say which of %v it is", path, Formats())
		}
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("dataset: %w", err)
	}
	defer func() { _ = f.Close() }() // only read
	return Read(f, path, Options{format, o.Columns})
}

// Read reads examples from r, which errors call file.
func Read(r io.Reader, file string, o Options) ([]Example, error) {
	read := map[Format]func(*reader) error{
		Lines: (*reader).lines, CSV: (*reader).csv, TSV: (*reader).tsv, CoNLL: (*reader).conll, SQuAD: (*reader).squad, Plain: (*reader).plain,
	}[o.Format]
	if read == nil {
		return nil, fmt.Errorf("dataset: %s: format %q: want one of %v", file, o.Format, Formats())
	}
	d := &reader{in: bufio.NewReaderSize(r, 1<<16), file: file, format: o.Format, columns: o.Columns}
	start, _ := d.in.Peek(2)
	if bytes.Equal(start, []byte{0xff, 0xfe}) || bytes.Equal(start, []byte{0xfe, 0xff}) {
		return nil, d.failed(1, "it is UTF-16: save it as UTF-8")
	}
	if mark, _ := d.in.Peek(len(byteOrderMark)); bytes.Equal(mark, byteOrderMark) {
		_, _ = d.in.Discard(len(byteOrderMark)) // was there a moment ago
	}
	if err := read(d); err != nil {
		return nil, err
	}
	if len(d.examples) == 0 {
		return nil, fmt.Errorf("dataset: %s: there is no example", file)
	}
	return d.examples, nil
}

// byteOrderMark may begin a file that comes from Windows.
var byteOrderMark = []byte("\xef\xbb\xbf")

// reader is one file on its way into examples.
type reader struct {
	in       *bufio.Reader
	file     string
	format   Format
	columns  Columns
	examples []Example
	line     int // that was read last
}

// failed is an error of a line.
func (d *reader) failed(line int, format string, args ...any) error {
	return fmt.Errorf("dataset: %s:%d: %w", d.file, line, fmt.Errorf(format, args...))
}

// valid reports text that is not UTF-8.
func (d *reader) valid(line int, text []byte) error {
	if !utf8.Valid(text) {
		return d.failed(line, "it is not UTF-8: convert the file, as with iconv -f latin1 -t utf-8")
	}
	return nil
}

// maxLine bounds a line, in bytes.
const maxLine = 64 << 20

// next returns the next line without its end, and io.EOF after the last.
func (d *reader) next() ([]byte, error) {
	var line []byte
	for {
		part, err := d.in.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case len(line) > maxLine:
			return nil, d.failed(d.line+1, "a line of more than %d MB", maxLine>>20)
		case err == bufio.ErrBufferFull:
			continue
		case err != nil && (err != io.EOF || len(line) == 0):
			return nil, err
		}
		d.line++
		return bytes.TrimRight(line, "\r\n"), d.valid(d.line, line)
	}
}

// each calls take with every line.
func (d *reader) each(take func(line []byte) error) error {
	for {
		line, err := d.next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := take(line); err != nil {
			return err
		}
	}
}
