// Package store keeps what is true in a bertsearch database: documents,
// passages, vectors and a numbered log of changes, in bbolt.
//
// Everything else a database has, vector index and keyword index, is derived
// from it and can be rebuilt. Updates are atomic and on disk when they return;
// readers see the state of the moment they began and never wait for writers.
// All stored values carry checksums, and damage of any kind is reported as
// ErrCorrupt rather than returned as data or left to crash the program.
package store

import (
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"sync/atomic"
	"time"

	"go.etcd.io/bbolt"
)

// Options change how Open opens a store. Nil and the zero value mean: for
// reading and writing, waiting one second for a lock.
type Options struct {
	// ReadOnly opens for reading only. Any number of processes can do so at
	// the same time, but not while one has the store open for writing.
	ReadOnly bool
	// Timeout is how long to wait for a lock: 0 means one second, a negative
	// duration not at all.
	Timeout time.Duration

	testPageSize int
}

func (o *Options) timeout() time.Duration {
	if o.Timeout == 0 {
		return lockTimeout
	}
	return o.Timeout
}

func (o *Options) pageSize() int {
	if o.testPageSize != 0 {
		return o.testPageSize
	}
	return pageSize
}

// Store is an open store. It is safe for concurrent use.
type Store struct {
	file     atomic.Pointer[file] // Compact puts another in its place
	writing  sync.Mutex           // held by an update and by Compact
	path     string
	bucket   []byte
	attached bool
	readOnly bool

	closeOnce sync.Once
	closed    atomic.Bool
	// broken is set by a failure after which bbolt's memory may not match the
	// file any more; writing on could damage it.
	broken atomic.Bool
	// stuck is set when bbolt panicked where it holds its own locks; touching
	// it again could wait for ever.
	stuck atomic.Bool
}

// Open opens the store in the file at path, and creates it when it does not
// exist and the store is not for reading only. A file that exists has all its
// pages checked first, which reads it once.
func Open(path string, o *Options) (*Store, error) {
	if o == nil {
		o = &Options{}
	}
	f, err := openFile(path, o)
	if err != nil {
		return nil, err
	}
	s := &Store{path: path, bucket: []byte(defaultBucket), readOnly: o.ReadOnly}
	s.file.Store(f)
	if err := s.init(); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), s.Close())
	}
	return s, nil
}

// Attach opens the store in one bucket of a bbolt database that the program
// already has open, and creates the bucket when it does not exist. Nothing
// outside of that bucket is read or written. Close leaves the host open.
// The host must not hold a transaction in the goroutine that uses the store.
func Attach(host *bbolt.DB, bucket string) (*Store, error) {
	if bucket == "" {
		return nil, fmt.Errorf("store: attach: empty bucket name: %w", ErrForeign)
	}
	s := &Store{path: host.Path(), bucket: []byte(bucket), attached: true, readOnly: host.IsReadOnly()}
	s.file.Store(&file{db: host})
	if err := s.init(); err != nil {
		return nil, fmt.Errorf("attach to bucket %q of %s: %w", bucket, host.Path(), err)
	}
	return s, nil
}

// Path returns the path of the file that the store is in.
func (s *Store) Path() string {
	return s.path
}

// ReadOnly reports whether the store refuses updates.
func (s *Store) ReadOnly() bool {
	return s.readOnly
}

// Close waits for running transactions and closes the file, except a host's.
func (s *Store) Close() error {
	var err error
	s.closeOnce.Do(func() {
		s.closed.Store(true)
		if s.attached {
			return
		}
		s.writing.Lock()
		defer s.writing.Unlock()
		switch {
		case s.stuck.Load():
			err = s.file.Load().raw.Close() // gives the lock back; the memory map is lost
		default:
			err = s.file.Load().db.Close()
		}
	})
	return err
}

// init reads the format of an existing store, or makes a new one.
func (s *Store) init() error {
	err := s.verifyBucket()
	if !errors.Is(err, fs.ErrNotExist) || s.readOnly {
		return err
	}
	return s.create()
}

// verifyBucket checks that the bucket is there and a store of ours.
func (s *Store) verifyBucket() error {
	return s.transact(false, func(tx *bbolt.Tx) (err error) {
		defer guard(&err)
		root := tx.Bucket(s.bucket)
		if root == nil {
			return s.missing(tx)
		}
		if s.attached {
			if err := verifyAttached(tx, root); err != nil {
				return err
			}
		}
		_, err = newReader(tx, root)
		return err
	})
}

// missing explains that the bucket does not exist: fs.ErrNotExist where it may
// be created, ErrForeign where the whole file belongs to somebody else.
func (s *Store) missing(tx *bbolt.Tx) error {
	if name, _ := tx.Cursor().First(); name != nil && !s.attached {
		return fmt.Errorf("store: the bbolt file has a bucket %q and none of ours: use Attach: %w", name, ErrForeign)
	}
	return fmt.Errorf("store: no bucket %q: %w", s.bucket, fs.ErrNotExist)
}

// create makes the bucket with an empty store in it.
func (s *Store) create() error {
	return s.transact(true, func(tx *bbolt.Tx) (err error) {
		defer guard(&err)
		root, err := tx.CreateBucket(s.bucket)
		if err != nil {
			return fmt.Errorf("store: create bucket %q: %w", s.bucket, err)
		}
		return createTrees(root)
	})
}
