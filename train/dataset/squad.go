package dataset

import (
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
		ID         string `json:"id"`
		Question   string `json:"question"`
		Impossible bool   `json:"is_impossible"`
		Answers    []struct {
			Text  string `json:"text"`
			Start int    `json:"answer_start"` // in characters
		} `json:"answers"`
	} `json:"qas"`
}

// squad reads SQuAD's JSON: {"data": [{"paragraphs": [{"context", "qas"}]}]}.
func (d *reader) squad() error {
	text, err := io.ReadAll(io.LimitReader(d.in, maxFile+1))
	if err != nil {
		return err
	}
	if len(text) > maxFile {
		return d.failed(1, "more than %d MB", maxFile>>20)
	}
	w := &squadWalk{reader: d, text: text, in: json.NewDecoder(bytes.NewReader(text))}
	return w.member("data", func() error {
		return w.elements(func() error {
			return w.member("paragraphs", func() error { return w.elements(w.paragraph) })
		})
	})
}

// maxFile bounds a file that is read as a whole, in bytes.
const maxFile = 1 << 30

// squadWalk goes through the file from paragraph to paragraph, so that an error
// can name its line.
type squadWalk struct {
	*reader
	text []byte
	in   *json.Decoder
}

// here is the line that has been read to.
func (w *squadWalk) here() int {
	at := min(int(w.in.InputOffset()), len(w.text))
	for at < len(w.text) && strings.IndexByte(" \t\r\n,:", w.text[at]) >= 0 {
		at++
	}
	return 1 + bytes.Count(w.text[:at], []byte("\n"))
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
	starts := characters(p.Context)
	for _, q := range p.Questions {
		e := Example{Text: strings.TrimSpace(q.Question), Pair: p.Context, Group: p.Context, Answers: []Span{}, Line: line}
		if e.Text == "" || strings.TrimSpace(e.Pair) == "" {
			return w.failed(line, "question %q: question and context must not be empty", q.ID)
		}
		for _, a := range q.Answers {
			if a.Start < 0 || a.Start >= len(starts) || !strings.HasPrefix(p.Context[starts[a.Start]:], a.Text) || a.Text == "" {
				return w.failed(line, "question %q: the answer %q does not stand at character %d of the context", q.ID, a.Text, a.Start)
			}
			if !q.Impossible {
				e.Answers = append(e.Answers, Span{Start: starts[a.Start], End: starts[a.Start] + len(a.Text)})
			}
		}
		w.examples = append(w.examples, e)
	}
	return nil
}

// characters lists the byte at which each character of text begins.
func characters(text string) []int {
	starts := make([]int, 0, utf8.RuneCountInString(text))
	for i := range text {
		starts = append(starts, i)
	}
	return starts
}
