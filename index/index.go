// Package index defines what a vector index is: the nearest vectors of a
// query, by dot product, among labelled vectors that come and go.
//
// Three engines implement it: index/flat (exact), index/hnsw (a graph) and
// index/coder (github.com/coder/hnsw). index/engine makes one by name, and
// index/indextest is the suite that all three pass.
package index

import (
	"errors"
	"io"

	"github.com/RoaringBitmap/roaring/v2"
)

// Errors that a caller can test for with errors.Is. They come wrapped with
// what was found and where.
var (
	// ErrDimension means that a vector has another length than the index's.
	ErrDimension = errors.New("wrong vector dimension")
	// ErrNotFinite means that a vector holds NaN or an infinity.
	ErrNotFinite = errors.New("vector is not finite")
	// ErrNotNormalised means that a vector's length is neither 1 nor 0.
	ErrNotNormalised = errors.New("vector is not normalised")
	// ErrCorrupt means that a snapshot fails its checks and must be rebuilt.
	ErrCorrupt = errors.New("index snapshot is damaged")
	// ErrNewer means that a snapshot was written by a newer program.
	ErrNewer = errors.New("index snapshot has a newer format")
	// ErrClosed means that the index was used after Close.
	ErrClosed = errors.New("index is closed")
)

// Match is one answer of a search.
type Match struct {
	Label uint32
	Score float32 // dot product with the query; the higher, the nearer
}

// SearchOptions narrow or widen one search. The zero value searches all
// labels at the index's own effort.
type SearchOptions struct {
	// Filter holds the labels that may be returned; nil allows all. It is
	// only read. Labels that the index does not hold are ignored.
	Filter *roaring.Bitmap
	// Ef is the number of candidates that a graph search keeps (efSearch);
	// 0 leaves it to the index, and exact engines ignore it.
	Ef int
}

// Options are the settings of an index; each zero value is a good default.
type Options struct {
	// M is the number of links a graph node gets in an upper layer, with 2M
	// in the bottom layer (Malkov and Yashunin, arXiv:1603.09320). Default 16.
	M int
	// EfConstruction is the number of candidates kept while a node is linked.
	// Default 200.
	EfConstruction int
	// EfSearch fixes the number of candidates kept in a search. Default 0:
	// chosen so that Recall is met.
	EfSearch int
	// Recall is the share of the true ten nearest that a search should find;
	// the index measures itself to meet it. Default 0.99.
	Recall float64
	// Seed makes a build by one worker repeatable. Default 1.
	Seed uint64
	// ScratchDir, if given, keeps float32 vectors out of the Go heap: they lie
	// in a temporary file in that folder, mapped, which the system can write
	// back and drop from memory. Those of an opened snapshot are mapped
	// anyway. Where files are not mapped it does nothing. Only hnsw has it.
	ScratchDir string
	// Workers is how many goroutines one Add may use. Default GOMAXPROCS.
	Workers int
}

// Stats describe an index.
type Stats struct {
	Engine    string
	Vectors   int // live
	Deleted   int // removed but not yet given back
	Dimension int

	M, EfConstruction, EfSearch int // zero where the engine has none

	// Recall is the measured recall@10 at EfSearch; 0 if not yet known.
	Recall float64
	// Bytes is the memory held for vectors and links, Mapped the part of it
	// that is a mapped snapshot or scratch file.
	Bytes, Mapped int64
}

// Vector is a set of labelled vectors of one dimension that can be searched
// by dot product. Methods other than Close may be called concurrently, and a
// search never waits for a writer.
type Vector interface {
	// Add inserts vectors, replacing those of labels that are present. The
	// vectors must be finite, of the index's dimension and of length 1 (or
	// 0); the whole batch is checked before any of it is applied. Of a label
	// given twice the last vector stays. The vectors are copied.
	Add(labels []uint32, vectors [][]float32) error
	// Delete removes labels; those that are absent are ignored.
	Delete(labels ...uint32)
	// Search returns the k nearest, best first, equal scores by label. Fewer
	// come back only when fewer match the filter.
	Search(query []float32, k int, o SearchOptions) ([]Match, error)
	// Len is the number of labels present.
	Len() int
	// Stats describe the index now.
	Stats() Stats
	// Save writes a snapshot that remembers lastChange, the number of the
	// last change of the store that the index contains.
	Save(w io.Writer, lastChange uint64) error
	// Close gives back a mapped snapshot. No search may be running.
	Close() error
}
