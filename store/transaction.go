package store

import (
	"errors"
	"fmt"
	"runtime"
	"syscall"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// View calls fn with a snapshot of the store. The Reader, and whatever it says
// is only valid that long, must not be used after fn returns nor by another
// goroutine. Errors of fn are returned as they are.
func (s *Store) View(fn func(*Reader) error) error {
	return s.transact(false, func(tx *bbolt.Tx) error {
		r, err := s.reader(tx)
		if err != nil {
			return err
		}
		return fn(r)
	})
}

// Update calls fn with a Writer and makes all that it did durable, or nothing
// of it when fn or the disk fails. One update runs at a time. Starting another
// transaction in fn blocks for ever. An update that changed nothing costs no
// write.
func (s *Store) Update(fn func(*Writer) error) error {
	return s.transact(true, func(tx *bbolt.Tx) error {
		r, err := s.reader(tx)
		if err != nil {
			return err
		}
		w := newWriter(r)
		if err := fn(w); err != nil {
			return err
		}
		if !w.dirty {
			return errUnchanged
		}
		return w.flush()
	})
}

// errUnchanged ends a transaction that has nothing to commit.
var errUnchanged = errors.New("unchanged")

// reader opens the store's bucket in a transaction.
func (s *Store) reader(tx *bbolt.Tx) (r *Reader, err error) {
	defer guard(&err)
	root := tx.Bucket(s.bucket)
	if root == nil {
		return nil, corrupt(string(s.bucket), "the bucket is gone")
	}
	return newReader(tx, root)
}

// transact runs fn in a bbolt transaction. It does by hand what bbolt's Update
// and View do, because their clean-up can itself fail on a damaged file.
func (s *Store) transact(write bool, fn func(*bbolt.Tx) error) error {
	if err := s.usable(write); err != nil {
		return err
	}
	if write {
		s.writing.Lock()
		defer s.writing.Unlock()
	}
	f := s.hold()
	defer f.using.RUnlock()
	tx, err := s.begin(f, write)
	if err != nil {
		return err
	}
	open := true
	defer func() {
		if open {
			s.rollback(tx)
		}
	}()
	if err := catchFaults(func() error { return fn(tx) }); err != nil {
		if errors.Is(err, errUnchanged) {
			return nil
		}
		return err
	}
	if !write {
		return nil
	}
	open = false
	return s.commit(tx)
}

// usable says why a transaction cannot be begun.
func (s *Store) usable(write bool) error {
	switch {
	case s.closed.Load():
		return fmt.Errorf("store: %w", ErrClosed)
	case s.stuck.Load():
		return fmt.Errorf("store: a page could not be read before: %w", ErrCorrupt)
	case write && s.readOnly:
		return fmt.Errorf("store: %s: %w", s.path, ErrReadOnly)
	case write && s.broken.Load():
		return fmt.Errorf("store: %s: an earlier update failed, close the store and open it again: %w", s.path, ErrReadOnly)
	}
	return nil
}

// hold returns the open file, which is not closed before its using.RUnlock.
func (s *Store) hold() *file {
	for {
		if f := s.file.Load(); f.using.TryRLock() {
			return f
		}
		runtime.Gosched() // another is in its place already
	}
}

// begin starts a bbolt transaction. A panic leaves bbolt's locks held.
func (s *Store) begin(f *file, write bool) (tx *bbolt.Tx, err error) {
	finished := false
	err = catchFaults(func() (err error) {
		defer guard(&err)
		tx, err = f.db.Begin(write)
		finished = true
		return err
	})
	if !finished {
		s.stuck.Store(true)
	}
	if errors.Is(err, berrors.ErrDatabaseNotOpen) {
		err = fmt.Errorf("store: %w", ErrClosed)
	}
	return tx, err
}

// rollback ends a transaction without its changes.
func (s *Store) rollback(tx *bbolt.Tx) {
	finished := false
	err := catchFaults(func() (err error) {
		defer guard(&err)
		err = tx.Rollback()
		finished = true
		return err
	})
	if !finished {
		s.stuck.Store(true)
	} else if err != nil && !errors.Is(err, berrors.ErrTxClosed) {
		s.broken.Store(true)
	}
}

// commit makes a transaction durable. After a full disk the old state stands
// and the store goes on; after any other failure it takes no more updates,
// since neither a failed sync nor a panic leaves a state to rely on.
func (s *Store) commit(tx *bbolt.Tx) error {
	if !s.attached {
		tx.DB().AllocSize = allocSize(tx.Size())
	}
	finished := false
	err := catchFaults(func() (err error) {
		defer guard(&err)
		err = tx.Commit()
		finished = true
		return err
	})
	if err == nil {
		return nil
	}
	if !finished {
		s.broken.Store(true)
		s.rollback(tx)
		return err
	}
	if isDiskFull(err) {
		return fmt.Errorf("store: %s: nothing was changed, free some space: %w", s.path, err)
	}
	s.broken.Store(true)
	return fmt.Errorf("store: %s: commit: %w", s.path, err)
}

// allocSize is by how much a file of the given size grows at a time, in bytes:
// an eighth, so that small stores stay small and large ones grow seldom.
func allocSize(size int64) int {
	return int(min(max(size/8, 64<<10), 16<<20))
}

// isDiskFull tells whether a write failed for want of space.
func isDiskFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EFBIG)
}
