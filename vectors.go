package bertsearch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/bertsearch/bertsearch/index"
	"github.com/bertsearch/bertsearch/index/engine"
	"github.com/bertsearch/bertsearch/store"
)

const (
	defaultEngine = engine.HNSW
	// vectorsAtOnce is how many vectors are read from the store before the
	// index adds them in parallel: 6 MB at dimension 384.
	vectorsAtOnce = 4096
	// saveShare: a snapshot is written when more than one in saveShare of the
	// vectors changed since the last one; fewer are taken from the log instead.
	saveShare = 50
	saveLeast = 200
	// vectorsBetween is how many are added between two yields: some
	// milliseconds.
	vectorsBetween = 32
)

// checkEngine reports an engine that does not exist.
func checkEngine(name string) error {
	if !slices.Contains(engine.Names(), name) {
		return fmt.Errorf("there is no vector index %q: want one of %v", name, engine.Names())
	}
	return nil
}

// vectorIndex is the vector index of a database and its snapshot on disk.
// Labels are passage numbers.
type vectorIndex struct {
	db   *DB
	path string

	use     sync.RWMutex // held for reading by searches, for writing to replace current
	current index.Vector // nil before open or rebuild
	seen    uint64       // the last change that current contains
	made    uint32       // the generation of vectors that current holds
	unsaved int          // vectors added or removed since the snapshot
	rebuilt bool         // the snapshot on disk, if any, is of no use
}

func (v *vectorIndex) options() *index.Options {
	o := &index.Options{Recall: v.db.options.Recall}
	if v.db.options.LowMemory && !v.db.options.ReadOnly {
		o.ScratchDir = filepath.Dir(v.path)
	}
	return o
}

func (v *vectorIndex) open() error {
	var made uint32
	err := v.db.store.View(func(r *store.Reader) error {
		made = r.Generation() // if not, the log says so, and the index is rebuilt
		return nil
	})
	if err != nil {
		return err
	}
	current, seen, err := engine.Open(v.db.settings.Engine, v.path, v.db.model().Dimension(), v.options())
	if err != nil {
		return err
	}
	v.replace(current, seen, made)
	return nil
}

func (v *vectorIndex) contains() uint64 { return v.seen }

// replace puts another index in the place of the current one once no search uses it.
func (v *vectorIndex) replace(next index.Vector, seen uint64, made uint32) {
	v.use.Lock()
	old := v.current
	v.current, v.seen, v.made, v.unsaved = next, seen, made, 0
	v.use.Unlock()
	if old != nil {
		if err := old.Close(); err != nil {
			v.db.options.Logger.Warn("closing the old vector index", "error", err)
		}
	}
}

func (v *vectorIndex) apply(ctx context.Context, r *store.Reader, changes []store.Change) error {
	batch := vectorBatch{target: v.current}
	var vector store.Vector
	for _, change := range changes {
		if change.Op == store.OpSwap {
			return errRebuild
		}
		v.current.Delete(slices.Collect(change.Removed.All())...)
		v.unsaved += int(change.Removed.Count + change.Added.Count)
		for passage := range change.Added.All() {
			err := r.Vector(passage, &vector)
			if errors.Is(err, store.ErrNotFound) {
				break // a later change removes the whole document again
			}
			if err != nil {
				return err
			}
			if err := batch.add(ctx, passage, vector.Values); err != nil {
				return err
			}
		}
	}
	if err := batch.flush(); err != nil {
		return err
	}
	v.seen = changes[len(changes)-1].Sequence
	return nil
}

func (v *vectorIndex) rebuild(ctx context.Context, r *store.Reader) error {
	next, err := v.build(ctx, r, r.Generation(), nil)
	if err != nil {
		return err
	}
	v.replace(next, r.LastChange(), r.Generation())
	v.rebuilt = true
	return nil
}

// build makes an index of the vectors of a generation. It calls yield now and
// then, unless that is nil.
func (v *vectorIndex) build(ctx context.Context, r *store.Reader, generation uint32, yield func()) (index.Vector, error) {
	next, err := engine.New(v.db.settings.Engine, v.db.model().Dimension(), v.options())
	if err != nil {
		return nil, err
	}
	batch := vectorBatch{target: next, yield: yield}
	for vector, err := range r.VectorsOf(generation) {
		if err == nil {
			err = batch.add(ctx, vector.Passage, vector.Values)
		}
		if err != nil {
			return nil, errors.Join(err, next.Close())
		}
	}
	if err := batch.flush(); err != nil {
		return nil, errors.Join(err, next.Close())
	}
	return next, nil
}

// search returns the k passages nearest to query among those in filter; nil
// means all. The query must be of the model that made the given generation.
func (v *vectorIndex) search(query []float32, k int, filter *roaring.Bitmap, made uint32) ([]index.Match, error) {
	v.use.RLock()
	defer v.use.RUnlock()
	if v.made != made {
		return nil, errSwapped
	}
	return v.current.Search(query, k, index.SearchOptions{Filter: filter})
}

// stats describes the index.
func (v *vectorIndex) stats() index.Stats {
	v.use.RLock()
	defer v.use.RUnlock()
	return v.current.Stats()
}

func (v *vectorIndex) close() error {
	v.use.Lock()
	defer v.use.Unlock()
	if v.current == nil {
		return nil
	}
	err := errors.Join(v.save(), v.current.Close())
	v.current = nil
	return err
}

// save writes the snapshot if it is worth it.
func (v *vectorIndex) save() error {
	few := v.unsaved == 0 || v.unsaved < max(saveLeast, v.current.Len()/saveShare)
	if v.db.options.ReadOnly || few && !v.rebuilt {
		return nil
	}
	err := index.SaveFile(v.path, v.current, v.seen)
	if errors.Is(err, index.ErrCorrupt) {
		v.db.options.Logger.Warn("the vector index is damaged and will be rebuilt", "reason", err)
		return os.Remove(v.path)
	}
	return err
}

// vectorBatch collects vectors for one parallel Add.
type vectorBatch struct {
	target  index.Vector
	yield   func() // called between small parts of a batch, or nil
	labels  []uint32
	vectors [][]float32
}

// add copies a vector into the batch and passes the batch on when it is full.
func (b *vectorBatch) add(ctx context.Context, label uint32, vector []float32) error {
	b.labels = append(b.labels, label)
	b.vectors = append(b.vectors, slices.Clone(vector))
	if len(b.labels) < vectorsAtOnce {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return b.flush()
}

func (b *vectorBatch) flush() error {
	step := vectorsAtOnce
	if b.yield != nil {
		step = vectorsBetween
	}
	for at := 0; at < len(b.labels); at += step {
		end := min(at+step, len(b.labels))
		if err := b.target.Add(b.labels[at:end], b.vectors[at:end]); err != nil {
			return err
		}
		if b.yield != nil {
			b.yield()
		}
	}
	b.labels, b.vectors = b.labels[:0], b.vectors[:0]
	return nil
}
