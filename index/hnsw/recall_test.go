package hnsw_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/bertsearch/bertsearch/index"
	"github.com/bertsearch/bertsearch/index/flat"
	"github.com/bertsearch/bertsearch/index/hnsw"
	"github.com/bertsearch/bertsearch/index/indextest"
)

// pair is an index under test and the exact one.
type pair struct{ x, exact index.Vector }

func newPair(t testing.TB, dimension int, o *index.Options) pair {
	t.Helper()
	x, err := hnsw.New(dimension, o)
	if err != nil {
		t.Fatal(err)
	}
	exact, err := flat.New(dimension, nil)
	if err != nil {
		t.Fatal(err)
	}
	return pair{x, exact}
}

func (p pair) add(t testing.TB, from int, vectors [][]float32) {
	t.Helper()
	for _, x := range []index.Vector{p.x, p.exact} {
		if err := x.Add(sequence(from, len(vectors)), vectors); err != nil {
			t.Fatal(err)
		}
	}
}

func (p pair) remove(from, count int) {
	p.x.Delete(sequence(from, count)...)
	p.exact.Delete(sequence(from, count)...)
}

func sequence(from, count int) []uint32 {
	labels := make([]uint32, count)
	for i := range labels {
		labels[i] = uint32(from + i)
	}
	return labels
}

// TestRecallOfClusters is the promise at default settings: 0.99 on 20,000
// clustered vectors of any kind, also after deleting half and adding as many.
func TestRecallOfClusters(t *testing.T) {
	if testing.Short() {
		t.Skip("adds 30,000 vectors of each kind")
	}
	for _, c := range []struct {
		clusters, dimension int
		spread              float64
	}{
		{20, 64, 0.1}, {500, 64, 2}, {2000, 128, 1}, {5000, 64, 0.5},
	} {
		t.Run(fmt.Sprintf("%d×%d×%v", c.clusters, c.dimension, c.spread), func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, uint64(c.clusters)))
			checkPromise(t, indextest.Spread(r, most+3*asked, c.dimension, c.clusters, c.spread))
		})
	}
}

const (
	count = 20_000
	most  = count + count/2 // vectors that checkPromise adds
	asked = 100             // queries it asks at each of three times
)

func checkPromise(t *testing.T, all [][]float32) {
	p, queries := newPair(t, len(all[0]), nil), all[most:]
	check := func(when string) {
		t.Helper()
		if recall := indextest.Recall(t, p.x, p.exact, queries[:asked]); recall < 0.99 {
			t.Errorf("%s: recall %.4f with %+v", when, recall, p.x.Stats())
		}
		queries = queries[asked:]
	}
	p.add(t, 0, all[:count])
	check("built")
	p.remove(0, count/2)
	check("half deleted")
	before := p.x.Stats().Bytes
	p.add(t, count, all[count:most])
	check("as many added")
	if after := p.x.Stats().Bytes; after > before*11/10 {
		t.Errorf("%d bytes became %d although rows were free", before, after)
	}
}

// TestRecallOfReplacedVectors replaces a fifth ten times and compares with a
// fresh build of what is left.
func TestRecallOfReplacedVectors(t *testing.T) {
	const count, rounds, asked = 4000, 10, 300
	if testing.Short() {
		t.Skip("adds 12,000 vectors")
	}
	o := &index.Options{EfSearch: 24}
	r := rand.New(rand.NewPCG(3, 4))
	all := indextest.Clustered(r, count+rounds*count/5+asked, 128, 300)
	queries := all[len(all)-asked:]
	p := newPair(t, 128, o)
	p.add(t, 0, all[:count])
	for round := range rounds {
		p.remove(round*count/5, count/5)
		from := count + round*count/5
		p.add(t, from, all[from:from+count/5])
	}
	fresh := newPair(t, 128, o)
	fresh.add(t, rounds*count/5, all[rounds*count/5:count+rounds*count/5])
	changed := indextest.Recall(t, p.x, p.exact, queries)
	if want := indextest.Recall(t, fresh.x, fresh.exact, queries); changed < want-0.01 {
		t.Errorf("recall %.4f after %d rounds, %.4f built anew", changed, rounds, want)
	}
}

// TestTarget meets a target by measuring, and says what it measured.
func TestTarget(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	all := indextest.Clustered(r, 5200, 96, 100)
	ef := 0
	for _, target := range []float64{0.8, 0.95} {
		p := newPair(t, 96, &index.Options{Recall: target})
		p.add(t, 0, all[:5000])
		stats := p.x.Stats()
		if stats.Recall < target || stats.EfSearch <= ef {
			t.Errorf("target %.2f: efSearch %d (before: %d) with measured recall %.3f", target, stats.EfSearch, ef, stats.Recall)
		}
		ef = stats.EfSearch
		if recall := indextest.Recall(t, p.x, p.exact, all[5000:]); recall < target {
			t.Errorf("target %.2f: recall %.3f", target, recall)
		}
	}
}

// BenchmarkSearch is one search among 20,000 vectors at ef 64.
func BenchmarkSearch(b *testing.B) {
	r := rand.New(rand.NewPCG(7, 8))
	all := indextest.Clustered(r, 21_000, 384, 500)
	p := newPair(b, 384, nil)
	p.add(b, 0, all[:20_000])
	for name, x := range map[string]index.Vector{"hnsw": p.x, "flat": p.exact} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if _, err := x.Search(all[20_000+i%1000], 10, index.SearchOptions{Ef: 64}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkAdd is the building of an index of 5,000 vectors.
func BenchmarkAdd(b *testing.B) {
	all := indextest.Clustered(rand.New(rand.NewPCG(9, 10)), 5000, 384, 200)
	for b.Loop() {
		p := newPair(b, 384, nil)
		if err := p.x.Add(sequence(0, len(all)), all); err != nil {
			b.Fatal(err)
		}
	}
}
