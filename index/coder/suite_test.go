//go:build !windows

package coder_test

import (
	"testing"

	"github.com/bertsearch/bertsearch/index"
	"github.com/bertsearch/bertsearch/index/engine"
	"github.com/bertsearch/bertsearch/index/indextest"
)

func TestSuite(t *testing.T) {
	indextest.Run(t, indextest.Engine{
		New: func(dimension int, o *index.Options) (index.Vector, error) {
			return engine.New("coder", dimension, o)
		},
		Open: func(path string, dimension int, o *index.Options) (index.Vector, uint64, error) {
			return engine.Open("coder", path, dimension, o)
		},
		Recall: 0,
	})
}
