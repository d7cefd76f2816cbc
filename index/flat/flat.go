// Package flat is the exact vector index: it compares a query with every
// vector. It is the baseline that graph indexes are measured against, and a
// good choice for up to some ten thousand vectors.
package flat

import (
	"fmt"
	"io"
	"runtime"
	"sync"
	"unsafe"

	"github.com/bertsearch/bertsearch/index"
	"github.com/bertsearch/bertsearch/index/internal/rows"
	"github.com/bertsearch/bertsearch/index/snapshot"
	"github.com/bertsearch/bertsearch/internal/kernel"
)

// Name is the engine's name in Stats and in snapshots.
const Name = "flat"

// vectors is the column of the float32 vectors, padded with zeros to a
// multiple of kernel.FloatAlign.
const vectors rows.Column = 1

const vectorSection = "vectors"

// Index is an exact index. It implements index.Vector.
type Index struct {
	dimension int
	workers   int

	writer sync.Mutex
	set    *rows.Set

	scratch sync.Pool // of *searcher
}

var _ index.Vector = (*Index)(nil)

// New returns an empty index for vectors of the given dimension. Of the
// options it uses Workers, for one search as well.
func New(dimension int, o *index.Options) (*Index, error) {
	if err := index.CheckDimension(dimension); err != nil {
		return nil, fmt.Errorf("flat: %w", err)
	}
	return newIndex(dimension, rows.New(stride(dimension)), o), nil
}

func newIndex(dimension int, set *rows.Set, o *index.Options) *Index {
	x := &Index{dimension: dimension, set: set, workers: runtime.GOMAXPROCS(0)}
	if o != nil && o.Workers > 0 {
		x.workers = o.Workers
	}
	x.scratch.New = func() any { return newSearcher(dimension) }
	return x
}

// stride is the number of bytes of a padded vector.
func stride(dimension int) int {
	return (dimension + kernel.FloatAlign - 1) / kernel.FloatAlign * kernel.FloatAlign * 4
}

// Open opens a snapshot that Save wrote, whole and verified.
func Open(path string, dimension int, o *index.Options) (*Index, uint64, error) {
	return OpenAs(Name, path, dimension, o)
}

// OpenAs is Open for an engine that keeps its vectors in a flat index and has
// saved them with SaveAs.
func OpenAs(engine, path string, dimension int, o *index.Options) (*Index, uint64, error) {
	f, err := snapshot.Read(path)
	if err != nil {
		return nil, 0, fmt.Errorf("flat: %w", err)
	}
	if err := f.Expect(engine, dimension); err != nil {
		return nil, 0, fmt.Errorf("flat: open %s: %w", path, err)
	}
	set, err := rows.Load(f, []string{vectorSection}, []int{stride(dimension)})
	if err != nil {
		return nil, 0, fmt.Errorf("flat: open %s: %w", path, err)
	}
	return newIndex(dimension, set, o), f.LastChange, nil
}

// Add implements index.Vector.
func (x *Index) Add(labels []uint32, batch [][]float32) error {
	if err := index.CheckBatch(labels, batch, x.dimension); err != nil {
		return err
	}
	x.writer.Lock()
	defer x.writer.Unlock()
	if err := x.set.Reserve(len(labels)); err != nil {
		return fmt.Errorf("flat: %w", err)
	}
	for i, label := range labels {
		id := x.set.Take()
		copy(x.vector(id), batch[i])
		x.set.Publish(id, label, 0)
		x.retire()
	}
	return nil
}

// vector is the vector of a row, without its padding.
func (x *Index) vector(id uint32) []float32 {
	return unsafe.Slice((*float32)(x.set.View().Column(vectors).At(id)), x.dimension)
}

// Each calls f with every label and its vector, which f must not change and
// which is valid until the label is deleted. No change may be under way.
func (x *Index) Each(f func(label uint32, vector []float32)) {
	for _, id := range x.set.Alive() {
		f(x.set.View().Head(id).Label(), x.vector(id))
	}
}

// Delete implements index.Vector.
func (x *Index) Delete(labels ...uint32) {
	x.writer.Lock()
	defer x.writer.Unlock()
	for _, label := range labels {
		x.set.Remove(label)
	}
	x.retire()
}

// retire gives the rows of replaced and deleted vectors back: nothing refers
// to a row here but its label.
func (x *Index) retire() {
	for _, id := range x.set.Buried() {
		x.set.Retire(id)
	}
}

// Len implements index.Vector.
func (x *Index) Len() int { return x.set.Live() }

// Stats implements index.Vector.
func (x *Index) Stats() index.Stats {
	x.writer.Lock()
	defer x.writer.Unlock()
	return index.Stats{
		Engine: Name, Vectors: x.set.Live(), Deleted: x.set.Dead(),
		Dimension: x.dimension, Recall: 1, Bytes: x.set.Bytes(),
	}
}

// Save implements index.Vector.
func (x *Index) Save(w io.Writer, lastChange uint64) error {
	return x.SaveAs(Name, w, lastChange)
}

// SaveAs is Save under the name of another engine.
func (x *Index) SaveAs(engine string, w io.Writer, lastChange uint64) error {
	x.writer.Lock()
	defer x.writer.Unlock()
	order := x.set.Alive()
	sections := x.set.Sections(order, func(int) uint32 { return 0 })
	sections = append(sections, x.set.ColumnSection(vectorSection, vectors, order, nil))
	h := snapshot.Header{Engine: engine, Dimension: x.dimension, Rows: len(order), LastChange: lastChange}
	return snapshot.Write(w, h, sections)
}

// Close implements index.Vector.
func (x *Index) Close() error { return nil }
