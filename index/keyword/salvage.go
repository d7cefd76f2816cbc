package keyword

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// salvageFile is the copy of root.bolt that is being made after a crash.
const salvageFile = rootFile + ".new"

// compactBytes is the size of the transactions of that copy.
const compactBytes = 1 << 20

// salvage reads root.bolt, which was not closed cleanly, through to its last
// page and returns the segments that it names. A writer replaces it by a copy:
// the copy has a new free list, the one part that reading does not prove.
func salvage(dir string, writable bool) ([]string, error) {
	path := filepath.Join(dir, rootFile)
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: time.Second, ReadOnly: !writable})
	if err != nil {
		return nil, openError(dir, err)
	}
	var segments []string
	err = guard("read "+path, func() error {
		if segments, err = namedSegments(db); err != nil || !writable {
			return err
		}
		return copyRoot(dir, db)
	})
	if err := errors.Join(err, db.Close()); err != nil {
		return nil, openError(dir, err)
	}
	if !writable {
		return segments, nil
	}
	if err := os.Rename(filepath.Join(dir, salvageFile), path); err != nil {
		return nil, fmt.Errorf("keyword: %w", err)
	}
	return segments, nil
}

// namedSegments walks every bucket and collects the values that name a segment.
func namedSegments(db *bbolt.DB) ([]string, error) {
	var segments []string
	visit := func(value []byte) {
		if file := string(value); strings.HasSuffix(file, segmentSuffix) && filepath.Base(file) == file {
			segments = append(segments, file)
		}
	}
	err := db.View(func(tx *bbolt.Tx) error {
		return tx.ForEach(func(_ []byte, b *bbolt.Bucket) error { return walk(b, visit) })
	})
	return segments, err
}

func walk(b *bbolt.Bucket, visit func(value []byte)) error {
	return b.ForEach(func(key, value []byte) error {
		if value != nil {
			visit(value)
			return nil
		}
		inner := b.Bucket(key)
		if inner == nil {
			return fmt.Errorf("%w: bucket %q cannot be read", ErrCorrupt, key)
		}
		return walk(inner, visit)
	})
}

func copyRoot(dir string, db *bbolt.DB) error {
	path := filepath.Join(dir, salvageFile)
	if err := os.RemoveAll(path); err != nil {
		return err
	}
	to, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		return err
	}
	return errors.Join(bbolt.Compact(to, db, compactBytes), to.Close())
}

// openError says what went wrong with root.bolt in the terms of this package.
func openError(dir string, err error) error {
	switch {
	case errors.Is(err, berrors.ErrTimeout):
		err = ErrLocked
	case errors.Is(err, berrors.ErrInvalid), errors.Is(err, berrors.ErrChecksum), errors.Is(err, berrors.ErrVersionMismatch):
		err = fmt.Errorf("%w: %s: %w", ErrCorrupt, rootFile, err)
	}
	return fmt.Errorf("keyword: open %s: %w", dir, err)
}
