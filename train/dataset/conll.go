package dataset

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"
)

// conll reads words with tags: the word is the first column of a line, the tag
// the last, with tabs or blanks in between. The text is the words with blanks
// between them.
func (d *reader) conll() error {
	s := &sentence{file: d.file}
	finish := func() {
		if len(s.words) > 0 {
			d.examples = append(d.examples, s.example())
		}
		*s = sentence{file: d.file}
	}
	err := d.each(func(line []byte) error {
		fields := bytes.Fields(line)
		switch {
		case len(fields) == 0:
			finish()
			return nil
		case string(fields[0]) == "-DOCSTART-" || comment(fields):
			return nil
		case len(fields) < 2:
			return d.failed(d.line, "%q: want a word and its tag", line)
		}
		if len(s.words) == 0 {
			s.line = d.line
		}
		if err := s.add(string(fields[0]), string(fields[len(fields)-1])); err != nil {
			return d.failed(d.line, "%w", err)
		}
		return nil
	})
	finish()
	return err
}

// comment reports a line that begins with # and is no word with its tag.
func comment(fields [][]byte) bool {
	last := string(fields[len(fields)-1])
	_, _, marked := strings.Cut(last, "-")
	return string(fields[0]) == "#" && last != "O" && !marked
}

// sentence is words and their tags.
type sentence struct {
	words, tags []string
	file        string
	line        int
}

// ends are the marks of one-word entities and of the last and inner words of
// entities in BIOES, BILOU and BMES, and those of BIO in their place.
var ends = map[string]string{"S": "B", "U": "B", "E": "I", "L": "I", "M": "I"}

// add appends a word whose tag is O, B-X, I-X, or X alone for both.
func (s *sentence) add(word, tag string) error {
	if strings.TrimSpace(word) == "" {
		return fmt.Errorf("the word %q is empty", word)
	}
	if !utf8.ValidString(word) || !utf8.ValidString(tag) {
		return fmt.Errorf("%q is not UTF-8", word+" "+tag)
	}
	kind, name, marked := strings.Cut(tag, "-")
	if as := ends[kind]; as != "" && marked {
		kind, tag = as, as+"-"+name
	}
	if marked && kind != "B" && kind != "I" {
		return fmt.Errorf("the tag %q: want O, B-%s, I-%s, or those of BIOES or BILOU", tag, name, name)
	} else if tag == "" || marked && name == "" {
		return fmt.Errorf("the tag %q names no label", tag)
	}
	s.words, s.tags = append(s.words, word), append(s.tags, tag)
	return nil
}

// example joins the words, and the words of each entity. An I-X after anything
// but an X begins one.
func (s *sentence) example() Example {
	e := Example{Text: strings.Join(s.words, " "), Entities: []Span{}, File: s.file, Line: s.line}
	at, open := 0, ""
	for i, word := range s.words {
		w := Span{Start: at, End: at + len(word)}
		at = w.End + 1
		e.Words = append(e.Words, w)
		kind, name, marked := strings.Cut(s.tags[i], "-")
		if !marked {
			kind, name = "I", s.tags[i]
		}
		switch {
		case s.tags[i] == "O":
			name = ""
		case kind == "I" && name == open:
			e.Entities[len(e.Entities)-1].End = w.End
		default:
			e.Entities = append(e.Entities, Span{w.Start, w.End, name})
		}
		open = name
	}
	return e
}
