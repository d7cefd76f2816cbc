// Package embed answers one question: what vector is this text?
//
// An [Embedder] turns texts into normalised vectors and says how its model cuts
// a long document into passages. [BERT] runs a Sentence-Transformers model in
// this process; [Remote] asks an OpenAI-compatible endpoint. Prompts, pooling
// and length come from the model's own files, so that one text has one meaning
// wherever it is embedded.
package embed

import (
	"context"
	"strings"
)

// Kind says on which side of a search a text stands. Models trained with
// prompts ("query: ", "passage: ") embed the two sides differently.
type Kind int

const (
	Passage     Kind = iota // a text that is stored and found
	Query                   // a text that searches
	HybridQuery             // a text that searches beside its words: a Query, but for an adapter that was learnt from words (see [model.Adapter])
)

// String returns "passage", "query" or "hybrid-query".
func (k Kind) String() string {
	switch k {
	case Query:
		return "query"
	case HybridQuery:
		return "hybrid-query"
	}
	return "passage"
}

// Span is a byte range [Start, End) of a text.
type Span struct{ Start, End int }

// Embedder turns texts into vectors. Its methods are safe for concurrent use.
type Embedder interface {
	// Embed returns one vector a text, in the order of texts, each of Dimension
	// values and of length 1, so that a dot product is the cosine similarity.
	// The same text of the same kind has the same bits alone and in any batch.
	// A cancelled ctx ends the work between batches with ctx.Err().
	Embed(ctx context.Context, kind Kind, texts []string) ([][]float32, error)

	// Dimension is the number of values in a vector.
	Dimension() int

	// Fingerprint identifies everything that the vector of a passage depends
	// on: weights, tokenizer, pooling, prompts, length and precision. Vectors of
	// two fingerprints must not be compared.
	Fingerprint() string

	// Name is the model's name for people; two models may share it.
	Name() string

	// Passages cuts a document into the byte ranges of text that are embedded
	// one by one, in order, each of which fits the model together with the
	// title (see [PassageText]). A text that fits whole, or is empty, is one
	// range; ranges may overlap.
	Passages(title, text string) []Span
}

// PassageText is the text embedded for one passage of a document: the title, a
// space and the passage, without surrounding white space. With the whole text
// as the passage this is the usual form of a BEIR document.
func PassageText(title, passage string) string {
	return strings.TrimSpace(title + " " + passage)
}
