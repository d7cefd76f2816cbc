package source

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/bertsearch/bertsearch"
)

// csv reads one document a row, below a row of column names. The columns id (or
// _id), title and text, in any case, are what they say; every other is a field,
// a number where it is written as one, and absent where it is empty. A row
// without an id gets the file's and its line. A table without a text column is
// searched by all its words: the text is then every other cell on a line with
// the column's name.
func (r *reader) csv(in io.Reader, path, id string) error {
	buffered := bufio.NewReaderSize(in, 1<<16)
	table := &table{reader: r, path: path, id: id, csv: csv.NewReader(buffered)}
	table.csv.Comma = delimiter(buffered)
	table.csv.FieldsPerRecord = -1
	table.csv.ReuseRecord = true
	return table.read()
}

// delimiter guesses by the first line, which holds names: whichever of the usual
// ones is most frequent there. It also takes a byte order mark off.
func delimiter(in *bufio.Reader) rune {
	if mark, _ := in.Peek(3); string(mark) == "\uFEFF" {
		_, _ = in.Discard(len(mark)) // what was peeked at is there
	}
	head, _ := in.Peek(1 << 12) // a shorter file comes whole
	if end := bytes.IndexByte(head, '\n'); end >= 0 {
		head = head[:end]
	}
	best, most := ',', 0
	for _, r := range ",\t;|" {
		if n := bytes.Count(head, []byte(string(r))); n > most {
			best, most = r, n
		}
	}
	return best
}

// table is a CSV file being read.
type table struct {
	*reader
	path, id string
	csv      *csv.Reader
	names    []string

	idColumn, titleColumn, textColumn int // -1 where there is none
}

func (t *table) read() error {
	header, err := t.csv.Read()
	if errors.Is(err, io.EOF) {
		return t.skip(t.path, 0, "empty")
	}
	if err != nil {
		return t.skipRow(err)
	}
	if err := t.readHeader(header); err != nil {
		return t.skip(t.path, 1, err.Error())
	}
	for {
		row, err := t.csv.Read()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			var fault *csv.ParseError
			if stop := t.skipRow(err); stop != nil || !errors.As(err, &fault) {
				return stop // the reader goes on after a bad row, not after a read error
			}
		default:
			if err := t.row(row); err != nil {
				return err
			}
		}
	}
}

// skipRow skips what the CSV reader could not read.
func (t *table) skipRow(err error) error {
	var fault *csv.ParseError
	if errors.As(err, &fault) {
		return t.skip(t.path, fault.StartLine, fault.Err.Error())
	}
	return t.skip(t.path, 0, reason(err))
}

// readHeader finds the columns.
func (t *table) readHeader(header []string) error {
	t.idColumn, t.titleColumn, t.textColumn = -1, -1, -1
	seen := map[string]bool{}
	for i, cell := range header {
		name := strings.TrimSpace(cell)
		if name == "" {
			name = "column" + strconv.Itoa(i+1)
		}
		if seen[name] {
			return fmt.Errorf("two columns are named %q", name)
		}
		seen[name] = true
		t.names = append(t.names, name)
		column := map[string]*int{"id": &t.idColumn, "_id": &t.idColumn, "title": &t.titleColumn, "text": &t.textColumn}[strings.ToLower(name)]
		if column != nil && *column < 0 {
			*column = i
		}
	}
	return nil
}

// row makes a document of one row.
func (t *table) row(cells []string) error {
	line, _ := t.csv.FieldPos(0)
	if len(cells) > len(t.names) {
		return t.skip(t.path, line, fmt.Sprintf("%d cells, but the table has %d columns", len(cells), len(t.names)))
	}
	d := bertsearch.Document{ID: t.id + "#" + strconv.Itoa(line), Fields: map[string]any{}}
	var words []string
	for i, cell := range cells {
		switch {
		case i == t.titleColumn:
			d.Title = cell
		case i == t.textColumn:
			d.Text = cell
		case cell == "":
		case i == t.idColumn:
			d.ID = cell
		default:
			d.Fields[t.names[i]] = typedCell(cell)
			words = append(words, t.names[i]+": "+cell)
		}
	}
	if t.textColumn < 0 {
		d.Text = strings.Join(words, "\n")
	}
	return t.document(d, t.path, line)
}

// typedCell returns a number where a cell is one as JSON writes it, so that a
// code with leading zeros stays a text.
func typedCell(cell string) any {
	trimmed := strings.TrimSpace(cell)
	if trimmed == "" || strings.IndexByte("-0123456789", trimmed[0]) < 0 || !json.Valid([]byte(trimmed)) {
		return cell
	}
	if i, err := strconv.ParseInt(trimmed, 10, 64); err == nil {
		return i
	}
	if f, err := strconv.ParseFloat(trimmed, 64); err == nil {
		return f
	}
	return cell
}
