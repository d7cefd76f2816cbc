package indextest

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/bertsearch/bertsearch/index"
)

// testRandom does random changes and compares every answer with a model. A
// failure prints the seed. BERTSEARCH_INDEX_SEEDS and
// BERTSEARCH_INDEX_OPERATIONS ask for more than a short test does.
func testRandom(t *testing.T, e Engine) {
	seeds, operations := 3, 300
	if testing.Short() {
		seeds, operations = 1, 50
	}
	seeds = setting(t, "BERTSEARCH_INDEX_SEEDS", seeds)
	operations = setting(t, "BERTSEARCH_INDEX_OPERATIONS", operations)
	for seed := range seeds {
		t.Run(strconv.Itoa(1000+seed), func(t *testing.T) {
			w := &world{engine: e, r: source(uint64(1000 + seed)), x: e.empty(t), m: make(model)}
			w.snapshot = filepath.Join(t.TempDir(), "vectors")
			w.save(t)
			for range operations {
				w.step(t)
			}
		})
	}
}

// setting is a number from the environment, or standard.
func setting(t *testing.T, name string, standard int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return standard
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// world is an index, what it should hold, and its last snapshot with the
// changes since, as a database has them.
type world struct {
	engine   Engine
	r        *rand.Rand
	x        index.Vector
	m        model
	snapshot string
	since    []func(x index.Vector) error
}

// labels are drawn from few, so that they meet again.
const labelSpace = 3000

func (w *world) step(t *testing.T) {
	switch n := w.r.IntN(100); {
	case n < 35:
		w.add(t, 1+w.r.IntN(40))
	case n < 50:
		w.remove(t, 1+w.r.IntN(60))
	case n < 96:
		w.search(t)
	case n < 98:
		w.add(t, 600)
	case n < 99:
		w.save(t)
		w.reopen(t)
	default:
		w.reopen(t)
	}
	if w.x.Len() != len(w.m) {
		t.Fatalf("Len is %d, want %d", w.x.Len(), len(w.m))
	}
}

// change applies a change and remembers it.
func (w *world) change(t *testing.T, f func(x index.Vector) error) {
	t.Helper()
	if err := f(w.x); err != nil {
		t.Fatal(err)
	}
	w.since = append(w.since, f)
}

func (w *world) add(t *testing.T, count int) {
	labels, vectors := w.draw(count), Random(w.r, count, dimension)
	w.change(t, func(x index.Vector) error { return x.Add(labels, vectors) })
	for i, label := range labels {
		w.m[label] = vectors[i]
	}
}

func (w *world) draw(count int) []uint32 {
	labels := make([]uint32, count)
	for i := range labels {
		labels[i] = w.r.Uint32N(labelSpace)
	}
	return labels
}

func (w *world) remove(t *testing.T, count int) {
	labels := w.draw(count)
	w.change(t, func(x index.Vector) error {
		x.Delete(labels...)
		return nil
	})
	for _, label := range labels {
		delete(w.m, label)
	}
}

// save writes a snapshot of all there is.
func (w *world) save(t *testing.T) {
	if err := index.SaveFile(w.snapshot, w.x, 42); err != nil {
		t.Fatal(err)
	}
	w.since = nil
}

// reopen opens the last snapshot and applies the changes since: after save as
// when a database is closed, and else as after a crash.
func (w *world) reopen(t *testing.T) {
	_ = w.x.Close()
	x, last, err := w.engine.Open(w.snapshot, dimension, &index.Options{Workers: 2})
	if err != nil || last != 42 {
		t.Fatalf("the last change is %d, want 42; error %v", last, err)
	}
	w.x = x
	t.Cleanup(func() { _ = x.Close() })
	for _, f := range w.since {
		if err := f(w.x); err != nil {
			t.Fatal(err)
		}
	}
}

func (w *world) search(t *testing.T) {
	q, k := Random(w.r, 1, dimension)[0], 1+w.r.IntN(30)
	var filter *roaring.Bitmap
	if w.r.IntN(2) == 0 {
		filter = roaring.BitmapOf(w.draw(w.r.IntN(900))...)
	}
	found := search(t, w.x, q, k, index.SearchOptions{Filter: filter})
	if filter != nil {
		w.m.checkExact(t, q, k, filter, found)
	} else {
		w.m.checkAnswer(t, q, k, nil, found)
	}
}

// testConcurrent has eight writers, each with labels of its own, and eight
// readers; with -race it finds unguarded memory.
func testConcurrent(t *testing.T, e Engine) {
	const writers, readers, batch = 8, 8, 40
	rounds := 6
	if testing.Short() {
		rounds = 3
	}
	x := e.empty(t)
	fixed := Random(source(20), 200, dimension)
	add(t, x, sequence(1<<20, len(fixed)), fixed)
	filter := roaring.BitmapOf(sequence(1<<20, len(fixed))...)
	var writing, reading sync.WaitGroup
	stop := make(chan struct{})
	for id := range writers {
		writing.Go(func() {
			r := source(uint64(id))
			for round := range rounds {
				labels := sequence(id*1000, batch)
				if err := x.Add(labels, Random(r, batch, dimension)); err != nil {
					t.Error(err)
				}
				if round%3 == 2 {
					x.Delete(labels[:batch/2]...)
				}
			}
		})
	}
	for id := range readers {
		reading.Go(func() {
			r := source(uint64(100 + id))
			for {
				select {
				case <-stop:
					return
				default:
				}
				q := Random(r, 1, dimension)[0]
				if found, err := x.Search(q, 10, index.SearchOptions{}); err != nil || len(found) != 10 {
					t.Errorf("%d matches of 10, error %v", len(found), err)
					return
				}
				found, err := x.Search(q, 200, index.SearchOptions{Filter: filter})
				if err != nil || len(found) != len(fixed) {
					t.Errorf("%d of %d labels that nobody changes, error %v", len(found), len(fixed), err)
					return
				}
				_ = x.Stats()
			}
		})
	}
	writing.Wait()
	close(stop)
	reading.Wait()
	if want := len(fixed) + writers*batch/2; x.Len() != want {
		t.Errorf("Len is %d, want %d", x.Len(), want)
	}
}
