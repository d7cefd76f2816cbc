package coder

import (
	"errors"

	"github.com/bertsearch/bertsearch/index"
)

// Supported says whether the library compiles on this system.
const Supported = false

// errWindows says why there is no such index here.
var errWindows = errors.New("coder: github.com/coder/hnsw does not compile on Windows; use the engine hnsw or flat")

// New fails: the library does not compile on Windows.
func New(int, *index.Options) (index.Vector, error) { return nil, errWindows }

// Open fails: the library does not compile on Windows.
func Open(string, int, *index.Options) (index.Vector, uint64, error) { return nil, 0, errWindows }
