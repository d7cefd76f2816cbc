package dataset

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Format is how a file is written.
type Format string

// The formats.
const (
	Lines Format = "jsonl" // an object a line
	CSV   Format = "csv"   // with a line of column names, quoted as RFC 4180 says
	TSV   Format = "tsv"   // with a line of column names, nothing quoted
	CoNLL Format = "conll" // a word a line with its tag last, an empty line between texts
	SQuAD Format = "squad" // SQuAD 1.1 and 2.0
	Plain Format = "text"  // a text a line, an empty line between documents
)

// Formats lists them.
func Formats() []Format { return []Format{Lines, CSV, TSV, CoNLL, SQuAD, Plain} }

// extensions tell the format of a file whose format is not given.
var extensions = map[string]Format{
	".jsonl": Lines, ".ndjson": Lines, ".csv": CSV, ".tsv": TSV, ".conll": CoNLL, ".bio": CoNLL, ".iob": CoNLL, ".iob2": CoNLL,
	".json": SQuAD, ".txt": Plain,
}

// Options say how a file is read. The zero value goes by its name.
type Options struct {
	Format  Format
	Columns Columns
}

// Columns names the keys, or the columns, of a file; "" is the first of the
// usual names that is there.
type Columns struct{ Text, Pair, Label, Score string }

// Load reads a file; o nil goes by its name.
func Load(path string, o *Options) ([]Example, error) {
	if o == nil {
		o = &Options{}
	}
	format := o.Format
	if format == "" {
		var known bool
		if format, known = extensions[strings.ToLower(filepath.Ext(path))]; !known {
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
	d := &reader{in: bufio.NewReaderSize(r, 1<<16), file: file, columns: o.Columns}
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
	columns  Columns
	examples []Example
	line     int // that was read last
}

// failed is an error of a line.
func (d *reader) failed(line int, format string, args ...any) error {
	return fmt.Errorf("dataset: %s:%d: %w", d.file, line, fmt.Errorf(format, args...))
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
		return bytes.TrimRight(line, "\r\n"), nil
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

// The usual names of what an example has, in lower case.
var (
	textNames  = []string{"text", "sentence", "sentence1", "sentence_a", "text1", "query", "question", "premise", "source"}
	pairNames  = []string{"pair", "sentence2", "sentence_b", "text2", "passage", "context", "document", "hypothesis", "target"}
	labelNames = []string{"label", "labels", "category", "class", "intent"}
	scoreNames = []string{"score", "similarity", "relatedness_score", "grade"}
)

// column finds a column among names: the wanted one, or the first of the usual.
func column(names []string, wanted string, usual []string) (int, error) {
	if wanted != "" {
		if i := slices.Index(names, wanted); i >= 0 {
			return i, nil
		}
		return -1, fmt.Errorf("there is no column %q among %q", wanted, names)
	}
	for _, name := range usual {
		if i := slices.IndexFunc(names, func(n string) bool { return strings.EqualFold(n, name) }); i >= 0 {
			return i, nil
		}
	}
	return -1, nil
}
