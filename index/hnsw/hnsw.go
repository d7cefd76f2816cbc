// Package hnsw is a vector index that answers from a graph: hierarchical
// navigable small worlds (Malkov and Yashunin, arXiv:1603.09320), written for
// normalised vectors in a database that changes.
//
// A walk through the graph compares codes of one byte a dimension; the last
// candidates are scored with the float32 vectors. Searches take no locks and
// wait for nobody. Deleted vectors leave their place in the graph when it is
// repaired around them, a bounded piece of it at every change.
package hnsw

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/bertsearch/bertsearch/index"
	"github.com/bertsearch/bertsearch/index/internal/rows"
	"github.com/bertsearch/bertsearch/index/snapshot"
)

// Name is the engine's name in Stats and in snapshots.
const Name = "hnsw"

// Defaults of index.Options.
const (
	defaultM              = 16
	defaultEfConstruction = 200
	defaultRecall         = 0.99
	defaultSeed           = 1

	mostM = 512
)

// Index is an HNSW index. It implements index.Vector.
type Index struct {
	options index.Options // without zero values but EfSearch
	coder   *coder
	layout  layout

	set     *rows.Set
	towers  towers
	entry   atomic.Uint64 // an entry
	entryMu sync.Mutex    // for raising the entry
	locks   [lockCount]sync.Mutex

	writer sync.Mutex // held by Add, Delete, Save and Stats
	random *rand.Rand
	repair repair
	tuning tuning
	effort effort
	cost   cost

	margin int32 // of the coder

	file    *snapshot.File // nil unless opened from one
	saved   uint32         // rows that lie in file
	trust   trust
	broken  atomic.Pointer[error]
	walkers sync.Pool
}

// lockCount is the number of locks that nodes share while links are written.
const lockCount = 1 << 10

var _ index.Vector = (*Index)(nil)

// New returns an empty index for vectors of the given dimension.
func New(dimension int, o *index.Options) (*Index, error) {
	x, err := newIndex(dimension, o)
	if err != nil {
		return nil, fmt.Errorf("hnsw: %w", err)
	}
	x.set = rows.New(x.layout.strides()...)
	if err := x.useScratch(); err != nil {
		return nil, fmt.Errorf("hnsw: %w", err)
	}
	return x, nil
}

// useScratch keeps new float32 vectors out of the heap if that is asked for.
func (x *Index) useScratch() error {
	if x.options.ScratchDir == "" {
		return nil
	}
	return x.set.UseScratch(x.options.ScratchDir)
}

// newIndex returns an index that lacks its rows.
func newIndex(dimension int, o *index.Options) (*Index, error) {
	if err := index.CheckDimension(dimension); err != nil {
		return nil, err
	}
	x := &Index{coder: newCoder(dimension)}
	x.margin = x.coder.margin()
	if o != nil {
		x.options = *o
	}
	if err := fillDefaults(&x.options); err != nil {
		return nil, err
	}
	x.layout = newLayout(dimension, x.options.M, x.coder.width)
	x.towers.init(x.options.M)
	x.entry.Store(uint64(noEntry))
	x.random = rand.New(rand.NewPCG(x.options.Seed, 0))
	x.walkers.New = func() any { return newWalker(x) }
	return x, nil
}

func fillDefaults(o *index.Options) error {
	if o.M == 0 {
		o.M = defaultM
	}
	if o.M < 2 || o.M > mostM {
		return fmt.Errorf("the number of neighbours M is %d and should be between 2 and %d", o.M, mostM)
	}
	if o.EfConstruction <= 0 {
		o.EfConstruction = defaultEfConstruction
	}
	if o.Recall == 0 {
		o.Recall = defaultRecall
	}
	if !(o.Recall > 0 && o.Recall <= 1) {
		return fmt.Errorf("the recall is %v and should be above 0 and at most 1", o.Recall)
	}
	if o.Seed == 0 {
		o.Seed = defaultSeed
	}
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	return nil
}

// Len implements index.Vector.
func (x *Index) Len() int { return x.set.Live() }

// Delete implements index.Vector.
func (x *Index) Delete(labels ...uint32) {
	x.writer.Lock()
	defer x.writer.Unlock()
	if x.settle() != nil {
		return
	}
	defer x.guard()()
	for _, label := range labels {
		x.set.Remove(label)
	}
	x.afterChange(len(labels))
}

// afterChange does the upkeep that a change of some labels pays for.
func (x *Index) afterChange(labels int) {
	x.repairSome(labels)
	x.tune()
}

// Stats implements index.Vector.
func (x *Index) Stats() index.Stats {
	x.writer.Lock()
	defer x.writer.Unlock()
	s := index.Stats{
		Engine: Name, Vectors: x.set.Live(), Deleted: x.set.Dead(), Dimension: x.layout.dimension,
		M: x.options.M, EfConstruction: x.options.EfConstruction, EfSearch: min(x.efSearch(), max(x.set.Live(), tuneFloor)),
		Recall: x.tuning.recall, Bytes: x.set.Bytes() + x.towers.bytes(),
	}
	s.Mapped = x.set.Scratch()
	if x.file != nil {
		s.Mapped += x.file.Mapped()
	}
	return s
}

// guard keeps a fault in a mapped file from ending the process: defer
// x.guard()(). The index is broken then, and says so from there on.
func (x *Index) guard() func() { return x.guardWith(x.breakDown) }

func (x *Index) guardWith(report func(error)) func() {
	if x.set != nil && x.set.HasScratch() {
		return snapshot.Guard(report)
	}
	return x.file.Guard(report)
}

// damage is what broke the index.
func (x *Index) damage() error {
	if err := x.broken.Load(); err != nil {
		return fmt.Errorf("hnsw: %w", *err)
	}
	return nil
}

// Close implements index.Vector.
func (x *Index) Close() error {
	x.writer.Lock()
	defer x.writer.Unlock()
	if errors.Is(x.damage(), index.ErrClosed) {
		return nil
	}
	closed := index.ErrClosed
	x.broken.Store(&closed)
	x.trust.end()
	err := x.set.Close()
	if x.file != nil {
		err = errors.Join(err, x.file.Close())
	}
	return err
}

// entry is the row that walks begin at, and its height.
type entry uint64

const noEntry = ^entry(0)

func newEntry(id uint32, height int) entry { return entry(height)<<32 | entry(id) }

func (e entry) id() uint32  { return uint32(e) }
func (e entry) height() int { return int(e >> 32) }
