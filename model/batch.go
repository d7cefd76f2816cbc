package model

import "fmt"

// Batch is one or more tokenised texts, packed one after the other.
type Batch struct {
	IDs    []int32 // a token a row
	Types  []uint8 // token type ids; nil is all 0
	Starts []int   // first row of each text, and the number of rows at the end
	Prompt int     // leading tokens of each text that pooling leaves out
}

// Reset empties b and keeps its memory.
func (b *Batch) Reset() {
	b.IDs, b.Types = b.IDs[:0], b.Types[:0]
	b.Starts = append(b.Starts[:0], 0)
	b.Prompt = 0
}

// Add appends one text; types has an element an id.
func (b *Batch) Add(ids []int32, types []uint8) {
	if len(b.Starts) == 0 {
		b.Starts = append(b.Starts, 0)
	}
	b.IDs = append(b.IDs, ids...)
	b.Types = append(b.Types, types...)
	b.Starts = append(b.Starts, len(b.IDs))
}

// Texts is the number of texts.
func (b *Batch) Texts() int { return max(len(b.Starts)-1, 0) }

// check verifies that every row is within the tables of c.
func (b *Batch) check(c Config) error {
	if len(b.Starts) == 0 || b.Starts[0] != 0 || b.Starts[len(b.Starts)-1] != len(b.IDs) {
		return fmt.Errorf("model: batch of %d tokens has text borders %v", len(b.IDs), b.Starts)
	}
	if b.Types != nil && len(b.Types) != len(b.IDs) {
		return fmt.Errorf("model: batch of %d tokens has %d token types", len(b.IDs), len(b.Types))
	}
	for i := range b.Texts() {
		if n := b.Starts[i+1] - b.Starts[i]; n < 1 || n > c.Positions() {
			return fmt.Errorf("model: text %d of the batch has %d tokens, the model takes 1 to %d", i, n, c.Positions())
		}
	}
	for i, id := range b.IDs {
		if id < 0 || int(id) >= c.VocabSize {
			return fmt.Errorf("model: token %d has id %d, the vocabulary has %d: tokenizer and model do not belong together", i, id, c.VocabSize)
		}
	}
	for i, kind := range b.Types {
		if int(kind) >= c.TypeVocabSize {
			return fmt.Errorf("model: token %d has type %d, the model has %d types", i, kind, c.TypeVocabSize)
		}
	}
	return nil
}
