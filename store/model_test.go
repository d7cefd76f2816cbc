package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// mustCheck fails the test for each problem that Check finds.
func mustCheck(t testing.TB, s *Store) {
	t.Helper()
	for _, p := range problems(t, s) {
		t.Error(p)
	}
	if t.Failed() {
		t.FailNow()
	}
}

func problems(t testing.TB, s *Store) (found []Problem) {
	t.Helper()
	if err := s.Check(context.Background(), func(p Problem) { found = append(found, p) }); err != nil {
		t.Fatal(err)
	}
	return found
}

// model is what a store should hold, kept in maps.
type model struct {
	documents map[string]Document
	vectors   map[uint32][]float32
	changes   []Change
	trimmed   uint64
}

func newModel() *model {
	return &model{documents: map[string]Document{}, vectors: map[uint32][]float32{}}
}

func (m *model) clone() *model {
	return &model{maps.Clone(m.documents), maps.Clone(m.vectors), slices.Clone(m.changes), m.trimmed}
}

// step makes one random change in the store and in the model.
func (m *model) step(rng *rand.Rand, w *Writer) error {
	id := randomID(rng)
	old, exists := m.documents[id]
	var c Change
	var err error
	switch op := rng.IntN(10); {
	case op < 6:
		d, vectors := randomDocument(rng, id)
		if c, err = w.Put(d, vectors); err != nil {
			return err
		}
		m.forget(id)
		m.documents[id] = *d
		for i, p := range d.Passages {
			m.vectors[p.Number] = vectors[i]
		}
	case op == 6 && exists:
		old.Title, old.Hash[1] = fmt.Sprint(rng.Uint64()), byte(op)
		old.Fields = bytes.Repeat([]byte{7}, rng.IntN(50))
		if c, err = w.PutFields(&old); err != nil {
			return err
		}
		m.documents[id] = old
	case op == 7 && len(m.changes) > 0:
		upTo := m.trimmed + rng.Uint64N(uint64(len(m.changes))-m.trimmed+1)
		m.trimmed = max(m.trimmed, upTo)
		return w.TrimChanges(upTo)
	default:
		c, err = w.Delete(id)
		if !exists && errors.Is(err, ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		m.forget(id)
	}
	m.changes = append(m.changes, c)
	return nil
}

func (m *model) forget(id string) {
	for _, p := range m.documents[id].Passages {
		delete(m.vectors, p.Number)
	}
	delete(m.documents, id)
}

// randomID gives ids that recur, some of them long or with awkward bytes.
func randomID(rng *rand.Rand) string {
	n := rng.IntN(300)
	switch n % 20 {
	case 0:
		return strings.Repeat("long", 100) + strconv.Itoa(n)
	case 1:
		return string([]byte{0, byte(n), 0xff})
	}
	return "id" + strconv.Itoa(n)
}

func randomDocument(rng *rand.Rand, id string) (*Document, [][]float32) {
	d := &Document{ID: id, Title: fmt.Sprint(rng.Uint32()), Text: strings.Repeat("text ", rng.IntN(100))}
	if rng.IntN(50) == 0 {
		d.Text = strings.Repeat("a long text ", rng.IntN(2000))
	}
	d.Fields = bytes.Repeat([]byte{1}, rng.IntN(30))
	for i := range d.Hash {
		d.Hash[i], d.TextHash[i] = byte(rng.Uint32()), byte(rng.Uint32())
	}
	var vectors [][]float32
	for range rng.IntN(4) {
		start := rng.IntN(len(d.Text) + 1)
		d.Passages = append(d.Passages, Passage{Start: start, End: start + rng.IntN(len(d.Text)-start+1)})
		vectors = append(vectors, []float32{rng.Float32(), rng.Float32(), -rng.Float32()})
	}
	return d, vectors
}

// compare reads the whole store, in several ways, and compares it to the model.
func (m *model) compare(s *Store) error {
	return s.View(func(r *Reader) error {
		seen := 0
		for d, err := range r.Documents(0) {
			if err != nil {
				return err
			}
			seen++
			byID, err := r.Document(d.ID)
			if err != nil {
				return err
			}
			want := m.documents[d.ID]
			if !sameDocument(*d, want) || !sameDocument(*byID, want) {
				return fmt.Errorf("document %q is %+v, want %+v", d.ID, d, want)
			}
		}
		if seen != len(m.documents) {
			return fmt.Errorf("%d documents, want %d", seen, len(m.documents))
		}
		return errors.Join(m.compareVectors(r), m.compareChanges(r))
	})
}

func sameDocument(a, b Document) bool {
	return a.Number == b.Number && a.ID == b.ID && a.Title == b.Title && a.Text == b.Text && bytes.Equal(a.Fields, b.Fields) &&
		a.Hash == b.Hash && a.TextHash == b.TextHash && slices.Equal(a.Passages, b.Passages)
}

func (m *model) compareVectors(r *Reader) error {
	seen := 0
	for v, err := range r.Vectors() {
		if err != nil {
			return err
		}
		seen++
		if !slices.Equal(v.Values, m.vectors[v.Passage]) {
			return fmt.Errorf("vector %d is %v, want %v", v.Passage, v.Values, m.vectors[v.Passage])
		}
	}
	if seen != len(m.vectors) {
		return fmt.Errorf("%d vectors, want %d", seen, len(m.vectors))
	}
	return nil
}

func (m *model) compareChanges(r *Reader) error {
	var got []Change
	for c, err := range r.Changes(m.trimmed) {
		if err != nil {
			return err
		}
		got = append(got, c)
	}
	if want := m.changes[m.trimmed:]; !slices.Equal(got, want) {
		return fmt.Errorf("%d changes %v, want %d %v", len(got), got, len(want), want)
	}
	return nil
}

// seed returns a random generator and prints how to get it again.
func seed(t testing.TB) *rand.Rand {
	t.Helper()
	n := uint64(time.Now().UnixNano())
	if fixed, err := strconv.ParseUint(os.Getenv("STORE_SEED"), 10, 64); err == nil {
		n = fixed
	}
	t.Logf("STORE_SEED=%d", n)
	return rand.New(rand.NewPCG(n, n))
}

// TestAgainstModel makes random changes in batches, some of which fail, and
// compares the store with the model after each, reopening it now and then.
func TestAgainstModel(t *testing.T) {
	operations := 12000
	if testing.Short() {
		operations = 2000
	}
	rng := seed(t)
	path := temp(t)
	s := open(t, path, Options{})
	m := newModel()
	for batch := 0; operations > 0; batch++ {
		n := 1 + rng.IntN(200)
		operations -= n
		next := m.clone()
		stop := errors.New("stop")
		fails := rng.IntN(10) == 0
		err := s.Update(func(w *Writer) error {
			for range n {
				if err := next.step(rng, w); err != nil {
					return err
				}
			}
			if fails {
				return stop
			}
			return nil
		})
		if fails && !errors.Is(err, stop) || !fails && err != nil {
			t.Fatal(err)
		}
		if !fails {
			m = next
		}
		if batch%5 == 0 {
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			s = open(t, path, Options{})
		}
		if err := m.compare(s); err != nil {
			t.Fatalf("after batch %d: %v", batch, err)
		}
		mustCheck(t, s)
	}
}
