package bertsearch

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"go.etcd.io/bbolt"

	"github.com/bertsearch/bertsearch/embed"
	"github.com/bertsearch/bertsearch/index/keyword"
	"github.com/bertsearch/bertsearch/internal/gate"
	"github.com/bertsearch/bertsearch/store"
)

// What a database's folder holds: the store, and what is derived from it.
const (
	storeFile   = "store.bolt"
	vectorsFile = "vectors.index"
	keywordDir  = "keyword"
	modelsDir   = "models" // tuned models; not derived: the vectors are theirs
)

// DB is an open database. It is safe for concurrent use.
type DB struct {
	store    *store.Store
	base     embed.Embedder // the model it was opened with
	serving  atomic.Pointer[serving]
	options  Options
	settings settings
	vectors  *follower[*vectorIndex]
	words    *follower[*wordIndex]
	filters  filterCache
	models   string // folder of tuned models

	background background
	queries    gate.Gate // what trains makes way for them

	writing   sync.Mutex   // held by the one writer
	switching sync.Mutex   // held while the serving model changes
	tuning    sync.Mutex   // held by the one operation that trains or changes models
	life      sync.RWMutex // held for reading by every operation, for writing by Close
	closed    bool
	changed   atomic.Bool // something was written since the database was opened
}

// Open opens the database in the folder dir with the built-in model, and
// creates it if it does not exist. A database that belongs to another model
// gives [ErrModelMismatch]; open it with [OpenWith].
func Open(dir string, o *Options) (*DB, error) {
	e, err := embed.Default(nil)
	if err != nil {
		return nil, err
	}
	return OpenWith(dir, e, o)
}

// OpenWith is [Open] with a model of the caller's.
func OpenWith(dir string, e embed.Embedder, o *Options) (*DB, error) {
	options := o.withDefaults()
	path := filepath.Join(dir, storeFile)
	if options.ReadOnly {
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("open %s: %w: no database is there; make one with Put or the index command", dir, ErrNotFound)
		}
	} else if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, fmt.Errorf("open %s: %w: a database is a folder", dir, err)
	}
	s, err := store.Open(path, &store.Options{ReadOnly: options.ReadOnly, Timeout: options.LockTimeout})
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", dir, err)
	}
	return newDB(s, dir, e, options)
}

// Attach keeps a database within one bucket of a bbolt database that the
// program has open, with the built-in model. Other buckets are not touched, and
// Close leaves the host open. See [Options.Bucket] and [Options.DerivedDir].
func Attach(host *bbolt.DB, o *Options) (*DB, error) {
	e, err := embed.Default(nil)
	if err != nil {
		return nil, err
	}
	return AttachWith(host, e, o)
}

// AttachWith is [Attach] with a model of the caller's.
func AttachWith(host *bbolt.DB, e embed.Embedder, o *Options) (*DB, error) {
	options := o.withDefaults()
	options.ReadOnly = options.ReadOnly || host.IsReadOnly()
	if options.DerivedDir == "" {
		options.DerivedDir = host.Path() + ".bertsearch"
	}
	s, err := store.Attach(host, options.Bucket)
	if err != nil {
		return nil, err
	}
	if !options.ReadOnly {
		if err := os.MkdirAll(options.DerivedDir, 0o777); err != nil {
			return nil, fmt.Errorf("attach to %s: %w", host.Path(), err)
		}
	}
	return newDB(s, options.DerivedDir, e, options)
}

// newDB joins a store with its model and the derived indexes in dir.
func newDB(s *store.Store, dir string, e embed.Embedder, o Options) (*DB, error) {
	db := &DB{store: s, base: e, options: o, models: filepath.Join(dir, modelsDir)}
	fresh, err := db.adopt()
	if err == nil && fresh && !o.ReadOnly {
		err = removeDerived(dir)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", s.Path(), err), s.Close())
	}
	db.vectors = newFollower("vector index", db, &vectorIndex{db: db, path: filepath.Join(dir, vectorsFile)})
	db.words = newFollower("keyword index", db, &wordIndex{db: db, dir: filepath.Join(dir, keywordDir)})
	return db, nil
}

// removeDerived removes what an older store in the same place left behind: its
// change numbers mean nothing to a new store.
func removeDerived(dir string) error {
	err := os.Remove(filepath.Join(dir, vectorsFile))
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return errors.Join(err, keyword.Destroy(filepath.Join(dir, keywordDir)))
}

// Close brings the derived indexes up to date, writes them to disk and closes
// the database. It waits for running operations. What could not be saved is
// made up for from the store the next time, so an error loses no document.
func (db *DB) Close() error {
	db.life.Lock()
	defer db.life.Unlock()
	if db.closed {
		return nil
	}
	db.closed = true
	var behind error
	if db.changed.Load() {
		behind = errors.Join(db.vectors.catchUp(context.Background()), db.words.catchUp(context.Background()))
	}
	return errors.Join(behind, db.vectors.close(), db.words.close(), db.store.Close())
}

// enter begins an operation that Close has to wait for; leave ends it.
func (db *DB) enter() error {
	db.life.RLock()
	if db.closed {
		db.life.RUnlock()
		return ErrClosed
	}
	return nil
}

func (db *DB) leave() { db.life.RUnlock() }

// enterWriter is enter for an operation that writes.
func (db *DB) enterWriter() error {
	if db.options.ReadOnly {
		return ErrReadOnly
	}
	return db.enter()
}
