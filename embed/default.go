package embed

import (
	"fmt"

	"github.com/bertsearch/bertsearch/internal/kernel"
	"github.com/bertsearch/bertsearch/model/minilm"
)

// Default returns an embedder for all-MiniLM-L6-v2, which travels in the
// program: it needs no file and no network. The linker leaves the weights out
// of programs that cannot reach Default.
//
// [Auto] is int8 where the processor multiplies bytes fast: this model has passed
// the test of [BERT.Settle], which our own tests repeat on each kind of processor.
func Default(o *Options) (*BERT, error) {
	s, t, err := minilm.Load()
	if err != nil {
		return nil, fmt.Errorf("embed: %w", err)
	}
	auto := F32
	if kernel.Int8Pays() {
		auto = Int8
	}
	b, err := newBERT(s, t, o, auto)
	if err == nil {
		b.tested = true
	}
	return b, err
}
