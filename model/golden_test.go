package model

import (
	"testing"

	"github.com/bertsearch/bertsearch/internal/safetensors"
)

// goldenFloats reads tensors of a file by their names.
func goldenFloats(t *testing.T, path string) func(name string) []float32 {
	t.Helper()
	golden, err := safetensors.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = golden.Close() })
	return func(name string) []float32 {
		t.Helper()
		v, err := golden.Floats(name)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}
