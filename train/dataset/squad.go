package dataset

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"unicode/utf8"
)

// paragraph is a passage of SQuAD with its questions.
type paragraph struct {
	Context   string `json:"context"`
	Questions []struct {
		ID         string          `json:"id"`
		Question   string          `json:"question"`
		Impossible bool            `json:"is_impossible"`
		Answers    []writtenAnswer `json:"answers"`
	} `json:"qas"`
}

// squad reads SQuAD's JSON, {"data": [{"paragraphs": [{"context", "qas"}]}]}, or
// objects as those of [reader.lines], in a list, in a list under "data", or one
// a line.
func (d *reader) squad() error {
	text, err := io.ReadAll(io.LimitReader(d.in, maxFile+1))
	if err != nil {
		return err
	}
	if len(text) > maxFile {
		return d.failed(1, "more than %d MB", maxFile>>20)
	}
	if err := d.valid(1, text); err != nil {
		return err
	}
	w := &squadWalk{reader: d, text: text, in: json.NewDecoder(bytes.NewReader(text))}
	switch trimmed := bytes.TrimSpace(text); {
	case len(trimmed) == 0:
		return nil // no example
	case trimmed[0] == '[':
		return w.elements(w.entry)
	}
	first, _, _ := bytes.Cut(text, []byte("\n"))
	var keys map[string]json.RawMessage
	if json.Unmarshal(first, &keys) == nil && keys["data"] == nil {
		d.in = bufio.NewReader(bytes.NewReader(text))
		return d.lines()
	}
	return w.member("data", func() error { return w.elements(w.entry) })
}

// entry reads an element of the list: an article with paragraphs, or an object
// that is an example.
func (w *squadWalk) entry() error {
	line := w.here()
	began := w.offset()
	var entry json.RawMessage
	if err := w.in.Decode(&entry); err != nil {
		return w.failed(line, "%w", err)
	}
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(entry, &keys); err != nil || keys["paragraphs"] == nil {
		return w.object(entry, line)
	}
	inner := *w
	inner.base, inner.in = began, json.NewDecoder(bytes.NewReader(w.text[began:began+len(entry)]))
	return inner.member("paragraphs", func() error { return inner.elements(inner.paragraph) })
}

// maxFile bounds a file that is read as a whole, in bytes.
const maxFile = 1 << 30

// squadWalk goes through the file from paragraph to paragraph, so that an error
// can name its line.
type squadWalk struct {
	*reader
	text []byte
	in   *json.Decoder // of what begins at byte base
	base int
	seen struct{ offset, lines int } // so that lines are counted once
}

// offset is the byte at which the next value begins.
func (w *squadWalk) offset() int {
	at := min(w.base+int(w.in.InputOffset()), len(w.text))
	for at < len(w.text) && strings.IndexByte(" \t\r\n,:", w.text[at]) >= 0 {
		at++
	}
	return at
}

// here is the line of the next value.
func (w *squadWalk) here() int {
	at := w.offset()
	w.seen.lines += bytes.Count(w.text[w.seen.offset:at], []byte("\n"))
	w.seen.offset = at
	return 1 + w.seen.lines
}

// wants reads one delimiter.
func (w *squadWalk) wants(delimiter json.Delim) error {
	line := w.here()
	token, err := w.in.Token()
	if err != nil {
		return w.failed(line, "%w", err)
	}
	if token != delimiter {
		return w.failed(line, "%v where %v should be: want {\"data\": [{\"paragraphs\": [{\"context\", \"qas\"}]}]}", token, delimiter)
	}
	return nil
}

// member reads an object and calls take at the value of a key; others are skipped.
func (w *squadWalk) member(key string, take func() error) error {
	if err := w.wants('{'); err != nil {
		return err
	}
	for w.in.More() {
		token, err := w.in.Token()
		if err != nil {
			return w.failed(w.here(), "%w", err)
		}
		if token == key {
			err = take()
		} else if err = w.in.Decode(&json.RawMessage{}); err != nil {
			err = w.failed(w.here(), "%w", err)
		}
		if err != nil {
			return err
		}
	}
	return w.wants('}')
}

// elements reads an array and calls take at each element.
func (w *squadWalk) elements(take func() error) error {
	if err := w.wants('['); err != nil {
		return err
	}
	for w.in.More() {
		if err := take(); err != nil {
			return err
		}
	}
	return w.wants(']')
}

func (w *squadWalk) paragraph() error {
	line := w.here()
	var p paragraph
	if err := w.in.Decode(&p); err != nil {
		return w.failed(line, "%w", err)
	}
	for _, q := range p.Questions {
		e := Example{Text: strings.TrimSpace(q.Question), Pair: p.Context, File: w.file, Line: line}
		if e.Text == "" || strings.TrimSpace(e.Pair) == "" {
			return w.failed(line, "question %q: question and context must not be empty", q.ID)
		}
		if q.Impossible {
			q.Answers = nil
		}
		if err := e.answer(q.Answers); err != nil {
			return w.failed(line, "question %q: %w", q.ID, err)
		}
		w.examples = append(w.examples, e)
	}
	return nil
}

// characters lists the byte at which each character of text begins, and its end.
func characters(text string) []int {
	starts := make([]int, 0, utf8.RuneCountInString(text)+1)
	for i := range text {
		starts = append(starts, i)
	}
	return append(starts, len(text))
}
