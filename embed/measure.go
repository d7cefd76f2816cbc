package embed

import (
	"unicode/utf8"

	"github.com/bertsearch/bertsearch/tokenizer"
)

// measure says how long texts are, in units of its own.
type measure interface {
	// starts returns where the first n units of text start, or all of them where
	// there are fewer. The result lives until the next call.
	starts(text string, n int) []int
}

// tokenMeasure counts a model's tokens.
type tokenMeasure struct {
	tokens   *tokenizer.Tokenizer
	special  int // tokens that the template adds
	encoding tokenizer.Encoding
	places   []int
}

func (m *tokenMeasure) starts(text string, n int) []int {
	m.tokens.Encode(&m.encoding, text, n+m.special)
	m.places = m.places[:0]
	for i, offset := range m.encoding.Offsets {
		if m.encoding.Sequence[i] >= 0 {
			m.places = append(m.places, offset.Start)
		}
	}
	return m.places
}

// byteMeasure counts bytes; those of a rune start together.
type byteMeasure struct{ places []int }

func (m *byteMeasure) starts(text string, n int) []int {
	m.places = m.places[:0]
	for at := 0; at < len(text) && len(m.places) < n; {
		_, size := utf8.DecodeRuneInString(text[at:])
		for range size {
			m.places = append(m.places, at)
		}
		at += size
	}
	return m.places[:min(n, len(m.places))]
}
