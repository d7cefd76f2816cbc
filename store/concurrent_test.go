package store

import (
	"fmt"
	"math/bits"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
)

// TestReadersDuringWrites reads snapshots while the file grows and is written:
// each is consistent in itself, and a reader that takes long holds up nobody.
func TestReadersDuringWrites(t *testing.T) {
	if runtime.GOOS == "windows" || bits.UintSize < 64 {
		t.Skip("no address space is reserved here, so growing waits for readers")
	}
	s := open(t, temp(t), Options{})
	put(t, s, "first", "one")
	var done atomic.Bool
	var readers sync.WaitGroup
	for range 3 {
		readers.Go(func() {
			for !done.Load() {
				if err := s.View(consistent); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	view(t, s, func(r *Reader) error {
		writing := make(chan error)
		go func() {
			var err error
			for i := 0; i < 300 && err == nil; i++ {
				err = s.Update(func(w *Writer) error {
					d, v := sample(fmt.Sprint(i%100), "a few words of text")
					_, err := w.Put(d, v)
					return err
				})
			}
			writing <- err
		}()
		if err := <-writing; err != nil {
			t.Error(err)
		}
		if r.LastChange() != 1 {
			t.Errorf("the snapshot moved on to change %d", r.LastChange())
		}
		return consistent(r)
	})
	done.Store(true)
	readers.Wait()
	mustCheck(t, s)
}

// consistent compares a snapshot's counters with what it holds; the scans do so
// themselves.
func consistent(r *Reader) error {
	for _, err := range r.Documents(0) {
		if err != nil {
			return err
		}
	}
	for _, err := range r.Vectors() {
		if err != nil {
			return err
		}
	}
	return nil
}
