package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// wasteful returns a store of which most has been deleted, and the size of its file.
func wasteful(t *testing.T, path string) (*Store, int64) {
	t.Helper()
	s := open(t, path, Options{})
	for i := range 300 {
		put(t, s, fmt.Sprint(i), strings.Repeat("word ", 200))
	}
	update(t, s, func(w *Writer) error {
		for i := range 290 {
			if _, err := w.Delete(fmt.Sprint(i)); err != nil {
				return err
			}
		}
		return nil
	})
	return s, fileSize(t, path)
}

func fileSize(t *testing.T, path string) int64 {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

func compact(t *testing.T, s *Store) {
	t.Helper()
	err := s.Compact(t.Context())
	if runtime.GOOS == "windows" {
		if !errors.Is(err, errors.ErrUnsupported) {
			t.Fatalf("error %v", err)
		}
		t.Skip("this system does not replace open files")
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestCompactGivesSpaceBack(t *testing.T) {
	path := temp(t)
	s, before := wasteful(t, path)
	var last uint64
	view(t, s, func(r *Reader) error { last = r.LastChange(); return nil })
	compact(t, s)
	if after := fileSize(t, path); after > before/3 {
		t.Errorf("%d bytes after %d", after, before)
	}
	mustCheck(t, s)
	put(t, s, "new", "text") // in the new file
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, path, Options{})
	mustCheck(t, s)
	view(t, s, func(r *Reader) error {
		if r.LastChange() != last+1 {
			t.Errorf("last change %d, want %d", r.LastChange(), last+1)
		}
		for _, id := range []string{"295", "new"} {
			if _, err := r.Document(id); err != nil {
				t.Error(err)
			}
		}
		return nil
	})
}

// TestCompactBetweenReaders replaces the file while readers come and go, one
// of them with a transaction within a transaction.
func TestCompactBetweenReaders(t *testing.T) {
	s, _ := wasteful(t, temp(t))
	read := func(r *Reader) error {
		_, err := r.Document("295")
		return err
	}
	stop := make(chan struct{})
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				err := s.View(func(r *Reader) error { return errors.Join(read(r), s.View(read)) })
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for i := range 10 {
		if err := s.Compact(t.Context()); err != nil && !errors.Is(err, errors.ErrUnsupported) {
			t.Error(err)
		}
		put(t, s, fmt.Sprint("between", i), "text")
	}
	close(stop)
	group.Wait()
	mustCheck(t, s)
}

// TestCompactLeftovers opens a store beside a copy that a crash left half
// written: the copy goes, and the store is as it was.
func TestCompactLeftovers(t *testing.T) {
	path := temp(t)
	s, _ := wasteful(t, path)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path+copySuffix, bytes.Repeat([]byte{1}, 10_000), 0o600); err != nil {
		t.Fatal(err)
	}
	s = open(t, path, Options{})
	if _, err := os.Stat(path + copySuffix); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the copy: error %v", err)
	}
	mustCheck(t, s)
}

// TestCompactRefused leaves the file alone where it may not be replaced.
func TestCompactRefused(t *testing.T) {
	path := temp(t)
	s, before := wasteful(t, path)
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if err := s.Compact(stopped); err == nil {
		t.Error("compacted with a context that is done")
	}
	if _, err := os.Stat(path + copySuffix); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the copy: error %v", err)
	}
	mustCheck(t, s)
	if after := fileSize(t, path); after != before {
		t.Errorf("%d bytes after %d", after, before)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Compact(t.Context()); err == nil {
		t.Error("compacted a closed store")
	}
	r := open(t, path, Options{ReadOnly: true})
	if err := r.Compact(t.Context()); err == nil {
		t.Error("compacted a store that is open for reading")
	}
}
