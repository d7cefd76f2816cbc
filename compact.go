package bertsearch

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/bertsearch/bertsearch/index"
	"github.com/bertsearch/bertsearch/index/engine"
	"github.com/bertsearch/bertsearch/store"
)

// A CompactReport says what [DB.Compact] gave back.
type CompactReport struct {
	// Before and After are the bytes on disk.
	Before Sizes `json:"before"`
	After  Sizes `json:"after"`
	// Generations is the number of models whose vectors were dropped.
	Generations int `json:"generations"`
}

// Compact gives the memory and the file space of what was deleted back: the
// vectors of models that are no longer in use, so that [DB.Rollback] would have
// to embed again and refuses; deleted vectors in the vector index; and free
// pages of the store, whose file is replaced. Searches go on meanwhile, and
// after a crash the database is as before or compact. It needs as much free
// space as the new files. A host's file ([Attach]) is left to the host.
func (db *DB) Compact(ctx context.Context) (CompactReport, error) {
	var report CompactReport
	if err := db.enterWriter(); err != nil {
		return report, fmt.Errorf("compact: %w", err)
	}
	defer db.leave()
	before, err := db.count(ctx)
	if err == nil {
		report.Before, report.After = before.Bytes, before.Bytes
		report.Generations, err = db.compact(ctx)
	}
	if err != nil {
		return report, fmt.Errorf("compact: %w", err)
	}
	after, err := db.count(ctx)
	report.After = after.Bytes
	return report, err
}

func (db *DB) compact(ctx context.Context) (dropped int, err error) {
	db.tuning.Lock()
	defer db.tuning.Unlock()
	db.writing.Lock()
	defer db.writing.Unlock()
	if dropped, err = db.dropOldVectors(); err != nil {
		return dropped, err
	}
	if err := db.vectors.catchUp(ctx); err != nil {
		return dropped, err
	}
	if err := db.vectors.exclusively((*vectorIndex).compact); err != nil {
		return dropped, err
	}
	return dropped, db.store.Compact(ctx)
}

// dropOldVectors drops the generations of vectors that no search uses, but for
// those of a change of models that was interrupted and can go on.
func (db *DB) dropOldVectors() (dropped int, err error) {
	err = db.store.Update(func(w *store.Writer) error {
		list, err := readModels(w.Reader)
		if err != nil {
			return err
		}
		generations, err := w.Generations()
		if err != nil {
			return err
		}
		for _, g := range generations {
			owner := slices.IndexFunc(list, func(m modelRecord) bool { return m.Generation == g })
			if g == w.Generation() || owner >= 0 && list[owner].Used == 0 && list[owner].Model.Folder != "" {
				continue
			}
			if err := w.DropGeneration(g); err != nil {
				return err
			}
			dropped++
			for i := range list {
				if list[i].Generation == g {
					list[i].Generation = 0
				}
			}
		}
		if dropped == 0 {
			return nil
		}
		return writeMeta(w, metaModels, list)
	})
	return dropped, err
}

// exclusively calls fn while nobody else opens, changes or closes the index.
func (f *follower[T]) exclusively(fn func(T) error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := fn(f.index); err != nil {
		return fmt.Errorf("%s: %w", f.name, err)
	}
	return nil
}

// compact writes the snapshot, which has no room for what was deleted, and goes
// on from that.
func (v *vectorIndex) compact() error {
	if err := index.SaveFile(v.path, v.current, v.seen); err != nil {
		return err
	}
	next, seen, err := engine.Open(v.db.settings.Engine, v.path, v.db.model().Dimension(), v.options())
	if err != nil {
		return err
	}
	if seen != v.seen {
		return errors.Join(fmt.Errorf("%w: the snapshot contains change %d, not %d", ErrCorrupt, seen, v.seen), next.Close())
	}
	v.replace(next, seen, v.made)
	v.rebuilt = false
	return nil
}
