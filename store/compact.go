package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"go.etcd.io/bbolt"
)

// copySuffix is added to the name of a file for the copy that takes its place.
const copySuffix = ".compact"

// copyBytes is about how much of a file is copied in one transaction.
const copyBytes = 16 << 20

// Compact gives the space of what was deleted back to the file system: it
// copies what is there to a new file and puts that in the place of the old
// one. Readers go on meanwhile, updates wait. After a crash at any time the
// file is the old one or the new one, whole; what is left of a copy is removed
// by the next Open for writing. It needs as much free space as the new file.
//
// The file of a store that is attached belongs to the host: nothing is done,
// and what was deleted is used again by later updates. Windows does not
// replace a file that is open: there the error is errors.ErrUnsupported.
func (s *Store) Compact(ctx context.Context) error {
	if s.attached {
		return nil
	}
	if runtime.GOOS == "windows" {
		return fmt.Errorf("store: compact %s: an open file cannot be replaced here: %w", s.path, errors.ErrUnsupported)
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	if err := s.usable(true); err != nil {
		return err
	}
	old := s.hold()
	next, err := s.copyFile(old)
	old.using.RUnlock()
	if err == nil {
		err = errors.Join(ctx.Err(), next.verify())
	}
	if err == nil {
		err = os.Rename(next.db.Path(), s.path)
	}
	if err != nil {
		if next != nil {
			_ = next.db.Close()
		}
		removeCopy(s.path)
		return fmt.Errorf("store: compact %s: %w", s.path, err)
	}
	// Both files are locked here, so that no other process comes in between.
	s.file.Store(next)
	old.using.Lock()
	defer old.using.Unlock()
	return errors.Join(syncFolder(filepath.Dir(s.path)), old.db.Close())
}

// copyFile copies what the store holds to a file beside it, and syncs that.
func (s *Store) copyFile(old *file) (next *file, err error) {
	removeCopy(s.path)
	o := &Options{testPageSize: old.db.Info().PageSize}
	if next, err = openBolt(s.path+copySuffix, o, false, o.timeout()); err != nil {
		return nil, err
	}
	next.db.AllocSize = allocSize(0)
	next.db.NoSync = true // until the end: before, a crash leaves the old file
	err = catchFaults(func() (err error) {
		defer guard(&err)
		return bbolt.Compact(next.db, old.db, copyBytes)
	})
	next.db.NoSync = false
	return next, errors.Join(err, next.db.Sync())
}

// removeCopy removes what an interrupted Compact left. The caller has the file
// at path locked; a copy that cannot be removed does no harm.
func removeCopy(path string) { _ = os.Remove(path + copySuffix) }
