// Package minilm carries the default model, all-MiniLM-L6-v2, in the program:
// 45 MB of weights and its tokenizer, used in place from the executable file.
// It is a package of its own so that only programs that import it link it.
//
// The model is by Nils Reimers and the Sentence-Transformers project, under
// the Apache License 2.0: see NOTICE and LICENSE in this folder.
package minilm

//go:generate go run ./convert -from $BERTSEARCH_WEIGHTS -name all-MiniLM-L6-v2

import (
	_ "embed"
	"fmt"
	"unsafe"

	"github.com/bertsearch/bertsearch/model"
	"github.com/bertsearch/bertsearch/model/blob"
	"github.com/bertsearch/bertsearch/tokenizer"
)

//go:embed weights.blob
var weights string

//go:embed tokenizer.bin
var tokens string

// Load opens the embedded model. It takes about a millisecond: the weights stay
// where the operating system has mapped the program.
func Load() (*model.Sentence, *tokenizer.Tokenizer, error) {
	s, err := blob.Open(inPlace(weights))
	if err != nil {
		return nil, nil, fmt.Errorf("minilm: the program file is damaged: %w", err)
	}
	t := &tokenizer.Tokenizer{}
	if err := t.UnmarshalBinary(inPlace(tokens)); err != nil {
		return nil, nil, fmt.Errorf("minilm: the program file is damaged: %w", err)
	}
	return s, t, nil
}

// Verify reads all of the embedded weights and compares their checksums. Load
// does so for the tokenizer.
func Verify() error {
	if err := blob.Verify(inPlace(weights)); err != nil {
		return fmt.Errorf("minilm: the program file is damaged: %w", err)
	}
	return nil
}

// inPlace is the bytes of s without a copy. They are in the program's read-only
// memory and must not be written to.
func inPlace(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }
