// Package dataset reads texts with what a head is to learn of them: labels,
// scores, entities, answers. It reads JSON lines, CSV, TSV, CoNLL, SQuAD's JSON
// and plain text; every error names the file and the line.
package dataset

import (
	"fmt"
	"unicode/utf8"
)

// Example is one text, or a pair, and what is known of it.
type Example struct {
	Text, Pair string   // Pair is "" for a single text; of a question, the passage
	Labels     []string // none, one, or those of several that hold
	Score      *float64 // a grade in place of labels
	Entities   []Span   // of Text; nil where the file says nothing of any
	Answers    []Span   // of the question Text, in Pair; nil where the file says nothing of any
	Words      []Span   // of Text, where the file gives words and not a text
	Group      string   // examples of one group stay together: a query's, a passage's, a document's
	File       string   `json:"-"` // that it comes from, which says nothing of it
	Line       int      // where it begins in the file, from 1
}

// Span is a stretch of a text, in bytes.
type Span struct {
	Start, End int
	Label      string // of an entity
}

// check reports a span that is not within text or cuts a character.
func (s Span) check(text string) error {
	if s.Start < 0 || s.End <= s.Start || s.End > len(text) {
		return fmt.Errorf("bytes %d to %d are not within the text of %d bytes", s.Start, s.End, len(text))
	}
	if !utf8.RuneStart(text[s.Start]) || s.End < len(text) && !utf8.RuneStart(text[s.End]) {
		return fmt.Errorf("bytes %d to %d cut a character in two: offsets are bytes of UTF-8", s.Start, s.End)
	}
	return nil
}
