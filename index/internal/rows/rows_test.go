package rows

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"unsafe"
)

func take(t *testing.T, s *Set) uint32 {
	t.Helper()
	if err := s.Reserve(1); err != nil {
		t.Error(err)
	}
	return s.Take()
}

// TestSetLikeAMap does random changes to a set and to a map.
func TestSetLikeAMap(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	s, want := New(4), make(map[uint32]uint32)
	for range 20_000 {
		label := r.Uint32N(500) * 0x01000193 // sparse labels
		if r.IntN(3) == 0 {
			_, ok := s.Remove(label)
			if _, present := want[label]; ok != present {
				t.Fatalf("Remove(%d) is %v", label, ok)
			}
			delete(want, label)
		} else {
			id := take(t, s)
			s.Publish(id, label, 7)
			want[label] = id
		}
		for _, id := range s.Buried() {
			s.Retire(id)
		}
		if s.Live() != len(want) {
			t.Fatalf("Live is %d, want %d", s.Live(), len(want))
		}
	}
	v := s.View()
	for label, id := range want {
		at, ok := s.Table.Find(label)
		if h := v.Head(id); !ok || at != id || h.Label() != label || h.Extra() != 7 || h.Dead() {
			t.Fatalf("label %d is in row %d (%v), want %d", label, at, ok, id)
		}
	}
	if used := s.Used(); used > 600 {
		t.Errorf("%d rows for at most 500 labels", used)
	}
}

// TestRowsWaitForSearches frees no row that a search may be reading.
func TestRowsWaitForSearches(t *testing.T) {
	s := New(4)
	first := take(t, s)
	s.Publish(first, 1, 0)
	ticket := s.Enter()
	s.Remove(1)
	for _, id := range s.Buried() {
		s.Retire(id)
	}
	for range 5 {
		if id := take(t, s); id == first {
			t.Fatal("the row was taken during the search")
		}
	}
	s.Leave(ticket)
	for range 3 {
		if take(t, s) == first {
			return
		}
	}
	t.Error("the row was not taken after the search")
}

// TestFindWhileWriting reads a label that is always there while the table
// grows and shrinks around it.
func TestFindWhileWriting(t *testing.T) {
	s := New(4)
	s.Publish(take(t, s), 77, 0)
	stop := make(chan struct{})
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				ticket := s.Enter()
				if id, ok := s.Table.Find(77); !ok || id != 0 {
					t.Errorf("label 77 is in row %d (%v)", id, ok)
				}
				s.Leave(ticket)
			}
		})
	}
	for round := range 20 {
		for label := range uint32(500) {
			s.Publish(take(t, s), 1000*uint32(round)+label+100, 0)
		}
		for label := range uint32(500) {
			s.Remove(1000*uint32(round) + label + 100)
		}
		for _, id := range s.Buried() {
			s.Retire(id)
		}
	}
	close(stop)
	readers.Wait()
}

// TestScratch puts the last column of a growing set in a file: rows keep what
// is written to them, and nothing of the file is left in its folder.
func TestScratch(t *testing.T) {
	dir := t.TempDir()
	s := New(4, 192)
	if err := s.UseScratch(dir); err != nil {
		t.Fatal(err)
	}
	row := func(id uint32) []byte { return unsafe.Slice((*byte)(s.View().Column(2).At(id)), 192) }
	const rows = 10 * PerBlock
	for i := range uint32(rows) {
		id := take(t, s)
		if !bytes.Equal(row(id), make([]byte, 192)) {
			t.Fatalf("row %d is not zero", id)
		}
		row(id)[int(i)%192] = byte(i + 1)
	}
	for i := range uint32(rows) {
		if got := row(i)[int(i)%192]; got != byte(i+1) {
			t.Fatalf("row %d: %d", i, got)
		}
	}
	if canMap && s.Scratch() < rows*192 {
		t.Errorf("%d bytes in the file", s.Scratch())
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) > 0 {
		t.Errorf("%d files, error %v", len(files), err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := New(4).UseScratch(filepath.Join(dir, "absent")); canMap && !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a folder that is absent: error %v", err)
	}
}
