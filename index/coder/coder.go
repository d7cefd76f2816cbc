//go:build !windows

package coder

import (
	"fmt"
	"io"
	"math/rand"
	"sync"

	"github.com/coder/hnsw"

	"github.com/bertsearch/bertsearch/index"
	"github.com/bertsearch/bertsearch/index/flat"
	"github.com/bertsearch/bertsearch/internal/kernel"
)

// Supported says whether the library compiles on this system.
const Supported = true

// Index is a graph of github.com/coder/hnsw beside the exact index that holds
// the vectors. It implements index.Vector, but for one promise that the
// library cannot keep: a search waits for a change that is being made.
type Index struct {
	options   index.Options
	dimension int

	mu    sync.Mutex // the library is not safe for concurrent searches either
	exact *flat.Index
	graph *hnsw.Graph[uint32]
	keys  map[uint32]uint32 // the graph's key of each label
	label map[uint32]uint32 // and the label of each key that counts
	next  uint32            // key
}

var _ index.Vector = (*Index)(nil)

// Defaults, those of the library's NewGraph.
const (
	defaultM  = 16
	defaultEf = 20
)

// New returns an empty index. Of the options it uses M, EfSearch (also while
// building, as the library has one for both) and Seed.
func New(dimension int, o *index.Options) (*Index, error) {
	exact, err := flat.New(dimension, o)
	if err != nil {
		return nil, fmt.Errorf("coder: %w", err)
	}
	return newIndex(dimension, exact, o), nil
}

func newIndex(dimension int, exact *flat.Index, o *index.Options) *Index {
	x := &Index{dimension: dimension, exact: exact}
	if o != nil {
		x.options = *o
	}
	if x.options.M <= 0 {
		x.options.M = defaultM
	}
	if x.options.EfSearch <= 0 {
		x.options.EfSearch = defaultEf
	}
	x.reset()
	return x
}

// Open opens a snapshot, which holds vectors only, and builds the graph.
func Open(path string, dimension int, o *index.Options) (*Index, uint64, error) {
	exact, last, err := flat.OpenAs(Name, path, dimension, o)
	if err != nil {
		return nil, 0, fmt.Errorf("coder: %w", err)
	}
	x := newIndex(dimension, exact, o)
	x.rebuild()
	return x, last, nil
}

// reset makes the graph empty.
func (x *Index) reset() {
	x.graph = hnsw.NewGraph[uint32]()
	x.graph.M, x.graph.EfSearch = x.options.M, x.options.EfSearch
	x.graph.Rng = rand.New(rand.NewSource(int64(x.options.Seed)))
	x.keys, x.label = make(map[uint32]uint32), make(map[uint32]uint32)
	x.next = 0
}

// Add implements index.Vector.
func (x *Index) Add(labels []uint32, vectors [][]float32) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if err := x.exact.Add(labels, vectors); err != nil {
		return err
	}
	for i, label := range labels {
		x.forget(label)
		x.insert(label, append([]float32(nil), vectors[i]...))
	}
	x.trim()
	return nil
}

// insert adds a vector under a new key. When the library fails, the label is
// left to the exact scan.
func (x *Index) insert(label uint32, v []float32) {
	key := x.next
	x.next++
	if contain(func() { x.graph.Add(hnsw.MakeNode(key, v)) }) == nil {
		x.keys[label], x.label[key] = key, label
	}
}

// forget makes the key of a label one that does not count.
func (x *Index) forget(label uint32) {
	if key, ok := x.keys[label]; ok {
		delete(x.keys, label)
		delete(x.label, key)
	}
}

// Delete implements index.Vector.
func (x *Index) Delete(labels ...uint32) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.exact.Delete(labels...)
	for _, label := range labels {
		x.forget(label)
	}
	x.trim()
}

// trim builds the graph again when more than half of it is gone.
func (x *Index) trim() {
	if gone := int(x.next) - len(x.keys); gone > len(x.keys) {
		x.rebuild()
	}
}

func (x *Index) rebuild() {
	x.reset()
	x.exact.Each(func(label uint32, v []float32) { x.insert(label, append([]float32(nil), v...)) })
}

// contain calls f and turns a panic into an error.
func contain(f func()) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("coder: the library failed: %v", r)
		}
	}()
	f()
	return nil
}

// Search implements index.Vector. With a filter it is an exact scan, as the
// library has none.
func (x *Index) Search(q []float32, k int, o index.SearchOptions) ([]index.Match, error) {
	if err := index.CheckQuery(q, x.dimension); err != nil {
		return nil, err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if o.Filter == nil && k > 0 {
		if found := x.ask(q, k, o.Ef); len(found) == min(k, x.exact.Len()) {
			return found, nil
		}
	}
	return x.exact.Search(q, k, o)
}

// ask returns what the graph finds among the labels present.
func (x *Index) ask(q []float32, k, ef int) []index.Match {
	x.graph.EfSearch = x.options.EfSearch
	if ef > 0 {
		x.graph.EfSearch = ef
	}
	defer func() { x.graph.EfSearch = x.options.EfSearch }()
	gone := int(x.next) - len(x.keys)
	var nodes []hnsw.Node[uint32]
	if contain(func() { nodes = x.graph.Search(q, k+gone) }) != nil {
		return nil
	}
	var found []index.Match
	for _, n := range nodes {
		if label, ok := x.label[n.Key]; ok {
			found = append(found, index.Match{Label: label, Score: kernel.Dot(q, n.Value)})
		}
	}
	index.SortMatches(found)
	return found[:min(k, len(found))]
}

// Len implements index.Vector.
func (x *Index) Len() int { return x.exact.Len() }

// Stats implements index.Vector. Bytes counts the vectors and not what the
// library keeps for its graph.
func (x *Index) Stats() index.Stats {
	x.mu.Lock()
	defer x.mu.Unlock()
	s := x.exact.Stats()
	s.Engine, s.Recall = Name, 0
	s.Deleted = int(x.next) - len(x.keys)
	s.M, s.EfConstruction, s.EfSearch = x.options.M, x.options.EfSearch, x.options.EfSearch
	return s
}

// Save implements index.Vector.
func (x *Index) Save(w io.Writer, lastChange uint64) error {
	return x.exact.SaveAs(Name, w, lastChange)
}

// Close implements index.Vector.
func (x *Index) Close() error { return x.exact.Close() }
