package indextest

import (
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/bertsearch/bertsearch/index"
)

// testRandom does random changes and compares every answer with a model. A
// failure prints the seed.
func testRandom(t *testing.T, e Engine) {
	seeds, operations := 3, 300
	if testing.Short() {
		seeds, operations = 1, 150
	}
	for seed := range seeds {
		w := &world{engine: e, r: source(uint64(1000 + seed)), x: e.empty(t), m: make(model)}
		t.Logf("seed %d", 1000+seed)
		for range operations {
			w.step(t)
		}
	}
}

// world is an index and what it should hold.
type world struct {
	engine Engine
	r      *rand.Rand
	x      index.Vector
	m      model
}

// labels are drawn from few, so that they meet again.
const labelSpace = 3000

func (w *world) step(t *testing.T) {
	switch n := w.r.IntN(100); {
	case n < 35:
		w.add(t, 1+w.r.IntN(40))
	case n < 50:
		w.remove(1 + w.r.IntN(60))
	case n < 96:
		w.search(t)
	case n < 98:
		w.add(t, 600)
	default:
		w.x = w.engine.reopen(t, w.x, dimension)
	}
	if w.x.Len() != len(w.m) {
		t.Fatalf("Len is %d, want %d", w.x.Len(), len(w.m))
	}
}

func (w *world) add(t *testing.T, count int) {
	labels, vectors := w.draw(count), Random(w.r, count, dimension)
	add(t, w.x, labels, vectors)
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

func (w *world) remove(count int) {
	labels := w.draw(count)
	w.x.Delete(labels...)
	for _, label := range labels {
		delete(w.m, label)
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
	const writers, readers, rounds, batch = 8, 8, 6, 40
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
