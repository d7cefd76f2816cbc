package embed

import (
	"fmt"

	"github.com/bertsearch/bertsearch/model/minilm"
)

// Default returns an embedder for all-MiniLM-L6-v2, which travels in the
// program: it needs no file and no network. The linker leaves the weights out
// of programs that cannot reach Default.
func Default(o *Options) (*BERT, error) {
	s, t, err := minilm.Load()
	if err != nil {
		return nil, fmt.Errorf("embed: %w", err)
	}
	return New(s, t, o)
}
