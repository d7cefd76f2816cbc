package bertsearch

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"sync/atomic"

	"github.com/bertsearch/bertsearch/store"
)

// derived is an index made from the store. Its methods are called by one
// goroutine at a time, except for searches, which an index guards by itself.
type derived interface {
	// open reads the index from disk; an error means that it must be rebuilt.
	open() error
	// contains is the last change of the store that the index has seen.
	contains() uint64
	// apply brings in changes that follow contains. It may return errRebuild.
	apply(ctx context.Context, r *store.Reader, changes []store.Change) error
	// rebuild makes the index anew from all that r has.
	rebuild(ctx context.Context, r *store.Reader) error
	// close saves what is worth saving and lets go of the index.
	close() error
}

// errRebuild says that changes cannot be applied one by one.
var errRebuild = errors.New("the index must be rebuilt")

// changesAtOnce bounds the memory of catching up.
const changesAtOnce = 2048

// follower keeps a derived index up to date with the store. The index is
// opened when it is first used, so that a program pays only for what it asks.
type follower[T derived] struct {
	name  string
	db    *DB
	index T

	mu     sync.Mutex // held while the index is opened, changed or closed
	opened bool       // open was called
	usable bool       // the index was opened or rebuilt without error
	ready  atomic.Bool

	mending atomic.Bool // mend is at work
}

func newFollower[T derived](name string, db *DB, index T) *follower[T] {
	return &follower[T]{name: name, db: db, index: index}
}

// get returns the index, opened and caught up when first asked for. Later it
// returns at once: writers bring their own changes in.
func (f *follower[T]) get(ctx context.Context) (T, error) {
	if !f.ready.Load() {
		if err := f.catchUp(ctx); err != nil {
			return f.index, err
		}
	}
	return f.index, nil
}

// catchUp brings the index to the store's last change, by the log if possible.
func (f *follower[T]) catchUp(ctx context.Context) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.openOnce()
	err := f.db.store.View(func(r *store.Reader) error {
		if f.usable {
			err := f.follow(ctx, r)
			if err == nil || ctx.Err() != nil {
				return err
			}
			f.db.options.Logger.Info("rebuilding the "+f.name, "reason", err)
		}
		return f.index.rebuild(ctx, r)
	})
	f.usable = err == nil
	f.ready.Store(err == nil)
	if err != nil {
		return fmt.Errorf("%s: %w", f.name, err)
	}
	return nil
}

// keepUp is catchUp if the index is in use, and nothing otherwise.
func (f *follower[T]) keepUp(ctx context.Context) error {
	if !f.ready.Load() {
		return nil
	}
	return f.catchUp(ctx)
}

// adopt lets set put another index in place of the one in use, if have says that
// there is one to put. Without, or if the index is not in use, it is brought up
// to date when it is next asked for.
func (f *follower[T]) adopt(set func(T), have bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if have && f.opened {
		set(f.index)
		return
	}
	f.ready.Store(false)
}

// renew rebuilds the index whatever state it is in.
func (f *follower[T]) renew(ctx context.Context) error {
	f.mu.Lock()
	f.opened, f.usable = true, false
	f.mu.Unlock()
	return f.catchUp(ctx)
}

// openOnce reads the index from disk.
func (f *follower[T]) openOnce() {
	if f.opened {
		return
	}
	f.opened = true
	err := f.index.open()
	f.usable = err == nil
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		f.db.options.Logger.Warn("the "+f.name+" cannot be used and is rebuilt", "reason", err)
	}
}

// follow applies the changes that the index has not seen.
func (f *follower[T]) follow(ctx context.Context, r *store.Reader) error {
	var batch []store.Change
	for change, err := range r.Changes(f.index.contains()) {
		if err != nil {
			return err
		}
		batch = append(batch, change)
		if len(batch) == changesAtOnce {
			if err := f.applyBatch(ctx, r, batch); err != nil {
				return err
			}
			batch = batch[:0]
		}
	}
	return f.applyBatch(ctx, r, batch)
}

func (f *follower[T]) applyBatch(ctx context.Context, r *store.Reader, changes []store.Change) error {
	if len(changes) == 0 {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return f.index.apply(ctx, r, changes)
}

// behind reports whether the index on disk lacks changes of the store, without
// bringing them in.
func (f *follower[T]) behind() (bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.openOnce()
	if !f.usable {
		return true, nil
	}
	behind := false
	err := f.db.store.View(func(r *store.Reader) error {
		behind = f.index.contains() != r.LastChange()
		return nil
	})
	return behind, err
}

// close lets go of the index, if it was opened.
func (f *follower[T]) close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.opened {
		return nil
	}
	f.opened, f.usable = false, false
	f.ready.Store(false)
	if err := f.index.close(); err != nil {
		return fmt.Errorf("%s: %w", f.name, err)
	}
	return nil
}
