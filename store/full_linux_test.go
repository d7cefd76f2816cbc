package store

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestFullDisk fills a small file system: the update that does not fit fails
// whole, what was there stays, and once there is space updates work again.
func TestFullDisk(t *testing.T) {
	folder := t.TempDir()
	mount(t, folder, "size=2m")
	path := filepath.Join(folder, "store.bolt")
	s := open(t, path, Options{})
	stored, err := putUntilFull(s)
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("after %d documents: %v", stored, err)
	}
	t.Logf("full after %d documents: %v", stored, err)
	intact := func() {
		t.Helper()
		mustCheck(t, s)
		view(t, s, func(r *Reader) error {
			counts, err := r.Counts()
			if counts.Documents != stored {
				t.Errorf("%d documents, want %d", counts.Documents, stored)
			}
			return err
		})
	}
	intact()
	if err := syscall.Mount("tmpfs", folder, "tmpfs", syscall.MS_REMOUNT, "size=8m"); err != nil {
		t.Fatal(err)
	}
	put(t, s, "after", "there is space again")
	stored++
	intact()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, path, Options{})
	intact()
}

// TestFullDiskAtCreation leaves no half-made file behind.
func TestFullDiskAtCreation(t *testing.T) {
	folder := t.TempDir()
	mount(t, folder, "size=8k")
	path := filepath.Join(folder, "store.bolt")
	if _, err := Open(path, nil); !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("got %v", err)
	}
	if err := syscall.Mount("tmpfs", folder, "tmpfs", syscall.MS_REMOUNT, "size=8m"); err != nil {
		t.Fatal(err)
	}
	s, err := Open(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	put(t, s, "a", "one")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// mount puts a small file system on a folder until the test ends.
func mount(t *testing.T, folder, size string) {
	t.Helper()
	if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, size); err != nil {
		t.Skipf("FULL DISK NOT TESTED: mounting a small tmpfs needs root: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(folder, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
}

// putUntilFull returns how many documents were stored before the first error.
func putUntilFull(s *Store) (int, error) {
	for i := range 10000 {
		err := s.Update(func(w *Writer) error {
			d, v := sample(fmt.Sprint(i), strings.Repeat("word ", 2000))
			d.Passages, v = d.Passages[:1], v[:1]
			_, err := w.Put(d, v)
			return err
		})
		if err != nil {
			return i, err
		}
	}
	return 10000, nil
}
