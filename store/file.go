package store

import (
	"errors"
	"fmt"
	"math/bits"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"github.com/bertsearch/bertsearch/store/internal/boltfile"
)

const (
	// pageSize of new files. Vectors of 384 values waste a quarter of 4 KB
	// pages and a fifteenth of 8 KB ones; larger pages cost single updates more
	// than they save.
	pageSize = 8 << 10

	// reserve is the address space mapped ahead of the file's end, so that
	// growing the file does not have to wait until no reader uses the old map:
	// 16 GB, and next to nothing where addresses have 32 bits.
	reserve = 1 << (bits.UintSize/2 + 2)

	lockTimeout = time.Second
)

// file is an open bbolt database and the handle under it.
type file struct {
	db  *bbolt.DB
	raw *os.File // closed by db, except when db cannot be closed

	using sync.RWMutex // held for reading by transactions, for writing to close
}

// openFile opens a bbolt file. A file that exists is verified before it is
// opened for writing, with a shared lock held: bbolt reads the list of free
// pages on its way in, and must not be shown one that is wrong.
func openFile(path string, o *Options) (*file, error) {
	start := time.Now()
	info, err := os.Stat(path)
	exists := err == nil && info.Size() > 0
	if o.ReadOnly || exists {
		f, err := openInPlace(path, o, true, o.timeout())
		if err != nil {
			return nil, err
		}
		if err := f.verify(); err != nil {
			return nil, errors.Join(err, f.db.Close())
		}
		if o.ReadOnly {
			return f, nil
		}
		if err := f.db.Close(); err != nil {
			return nil, fmt.Errorf("store: %s: %w", path, err)
		}
	}
	f, err := openInPlace(path, o, false, o.timeout()-time.Since(start))
	if err == nil {
		removeCopy(path)
	}
	if exists {
		return f, err
	}
	if err != nil {
		return nil, errors.Join(err, removeUnfinished(path, o, err))
	}
	if err := syncFolder(filepath.Dir(path)); err != nil {
		return nil, errors.Join(err, f.db.Close())
	}
	return f, nil
}

// openInPlace is openBolt, again if another process has meanwhile put a compact
// file in the place of the one whose lock was waited for.
func openInPlace(path string, o *Options, readOnly bool, timeout time.Duration) (*file, error) {
	start := time.Now()
	for {
		f, err := openBolt(path, o, readOnly, timeout-time.Since(start))
		if err != nil {
			return nil, err
		}
		opened, err := f.raw.Stat()
		if err != nil {
			return nil, errors.Join(fmt.Errorf("store: %w", err), f.db.Close())
		}
		if now, err := os.Stat(path); err == nil && os.SameFile(opened, now) {
			return f, nil
		}
		if err := f.db.Close(); err != nil {
			return nil, fmt.Errorf("store: %s: %w", path, err)
		}
	}
}

// removeUnfinished removes a new file whose first pages did not fit the disk,
// since it could not be opened once there is space.
func removeUnfinished(path string, o *Options, cause error) error {
	info, err := os.Stat(path)
	if err != nil || !isDiskFull(cause) || info.Size() >= 4*int64(o.pageSize()) {
		return nil
	}
	return os.Remove(path)
}

// syncFolder makes the name of a new file durable, without which a power cut
// could take a store whose updates were all on disk.
func syncFolder(path string) error {
	if runtime.GOOS == "windows" {
		return nil // folders cannot be synced there
	}
	folder, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	err = folder.Sync()
	if closeErr := folder.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return fmt.Errorf("store: sync %s: %w", path, err)
	}
	return nil
}

// verify checks the pages of a file that nobody writes to.
func (f *file) verify() error {
	info, err := f.raw.Stat()
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	pages, err := boltfile.Open(f.raw, info.Size())
	if err == nil {
		err = pages.Verify()
	}
	return pageError(f.raw.Name(), err)
}

// pageError reports damaged pages as ErrCorrupt.
func pageError(path string, err error) error {
	if errors.Is(err, boltfile.ErrDamaged) {
		return fmt.Errorf("store: %s: %w (%w): run check, or restore the file from a copy", path, ErrCorrupt, err)
	}
	if err != nil {
		return fmt.Errorf("store: %s: %w", path, err)
	}
	return nil
}

// openBolt calls bbolt.Open so that it can neither panic nor keep the lock of
// a file that it failed on.
func openBolt(path string, o *Options, readOnly bool, timeout time.Duration) (f *file, err error) {
	f = &file{}
	defer func() {
		if err != nil && f.raw != nil {
			_ = f.raw.Close() // bbolt has closed it unless it panicked
		}
	}()
	options := &bbolt.Options{
		ReadOnly:     readOnly,
		Timeout:      max(timeout, time.Nanosecond),
		PageSize:     o.pageSize(),
		FreelistType: bbolt.FreelistMapType,
		NoStatistics: true,
		OpenFile: func(name string, flag int, mode os.FileMode) (*os.File, error) {
			raw, err := os.OpenFile(name, flag, mode)
			f.raw = raw
			return raw, err
		},
	}
	if !readOnly && runtime.GOOS != "windows" { // which would grow the file
		options.InitialMmapSize = reserve
	}
	f.db, err = guardedOpen(path, options)
	if errors.Is(err, syscall.ENOMEM) { // address space is limited
		options.InitialMmapSize = 0
		f.db, err = guardedOpen(path, options)
	}
	if err != nil {
		return f, openError(path, err)
	}
	return f, nil
}

func guardedOpen(path string, options *bbolt.Options) (db *bbolt.DB, err error) {
	err = catchFaults(func() (err error) {
		defer guard(&err)
		db, err = bbolt.Open(path, 0o600, options)
		return err
	})
	return db, err
}

// openError says in our terms why bbolt did not open a file.
func openError(path string, err error) error {
	switch {
	case errors.Is(err, berrors.ErrTimeout):
		return fmt.Errorf("store: %s: in use by %s: close it there, or open both for reading only: %w",
			path, lockHolder(path), ErrLocked)
	case errors.Is(err, ErrCorrupt):
		return fmt.Errorf("store: open %s: %w", path, err)
	case errors.As(err, new(syscall.Errno)):
		return fmt.Errorf("store: open: %w", err) // names the path itself
	}
	return fmt.Errorf("store: %s: no valid bbolt file (%w): %w", path, err, ErrCorrupt)
}
