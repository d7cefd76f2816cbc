// Package engine makes vector indexes by name.
package engine

import (
	"fmt"
	"strings"

	"github.com/bertsearch/bertsearch/index"
	"github.com/bertsearch/bertsearch/index/coder"
	"github.com/bertsearch/bertsearch/index/flat"
	"github.com/bertsearch/bertsearch/index/hnsw"
)

// The engines.
const (
	HNSW  = hnsw.Name  // a graph; the default
	Flat  = flat.Name  // exact
	Coder = coder.Name // github.com/coder/hnsw, to compare with
)

// Names lists the engines of this system, the default first.
func Names() []string {
	if !coder.Supported {
		return []string{HNSW, Flat}
	}
	return []string{HNSW, Flat, Coder}
}

// New returns an empty index of an engine; "" is the default.
func New(name string, dimension int, o *index.Options) (index.Vector, error) {
	switch name {
	case HNSW, "":
		return made(hnsw.New(dimension, o))
	case Flat:
		return made(flat.New(dimension, o))
	case Coder:
		return made(coder.New(dimension, o))
	}
	return nil, unknown(name)
}

// Open opens a snapshot of an engine and returns the number of the last
// change that it contains. Besides the errors of the file system it returns
// index.ErrCorrupt, also for a snapshot of another engine, index.ErrNewer
// and index.ErrDimension: the caller builds the index again.
func Open(name, path string, dimension int, o *index.Options) (index.Vector, uint64, error) {
	switch name {
	case HNSW, "":
		return opened(hnsw.Open(path, dimension, o))
	case Flat:
		return opened(flat.Open(path, dimension, o))
	case Coder:
		return opened(coder.Open(path, dimension, o))
	}
	return nil, 0, unknown(name)
}

func unknown(name string) error {
	return fmt.Errorf("index: no engine %q; choose one of %s", name, strings.Join(Names(), ", "))
}

// made keeps a nil index from becoming an interface that is not nil.
func made[T index.Vector](v T, err error) (index.Vector, error) {
	if err != nil {
		return nil, err
	}
	return v, nil
}

func opened[T index.Vector](v T, lastChange uint64, err error) (index.Vector, uint64, error) {
	if err != nil {
		return nil, 0, err
	}
	return v, lastChange, nil
}
