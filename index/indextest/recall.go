package indextest

import (
	"bytes"
	"slices"
	"testing"

	"github.com/bertsearch/bertsearch/index"
)

// Recall returns the share of the true ten nearest of the queries that x
// finds at its own effort, exact giving the truth.
func Recall(t testing.TB, x, exact index.Vector, queries [][]float32) float64 {
	t.Helper()
	hits, total := 0, 0
	for _, q := range queries {
		truth, err := exact.Search(q, 10, index.SearchOptions{})
		if err != nil {
			t.Fatal(err)
		}
		found, err := x.Search(q, 10, index.SearchOptions{})
		if err != nil {
			t.Fatal(err)
		}
		total += len(truth)
		for _, want := range truth {
			if slices.ContainsFunc(found, func(m index.Match) bool { return m.Label == want.Label }) {
				hits++
			}
		}
	}
	return float64(hits) / float64(total)
}

// testRecall builds, deletes half and adds as many.
func testRecall(t *testing.T, e Engine) {
	count := 3000
	if testing.Short() {
		count = 1000
	}
	const wide = 64
	r := source(10)
	x := e.with(t, wide, nil)
	const asked = 50
	all := Clustered(r, 2*count+3*asked, wide, 100)
	queries := all[2*count:]
	m := make(model)
	put := func(from, to int) {
		add(t, x, sequence(from, to-from), all[from:to])
		for i := from; i < to; i++ {
			m[uint32(i)] = all[i]
		}
	}
	check := func(when string) {
		t.Helper()
		hits := 0
		for _, q := range queries[:asked] {
			found := search(t, x, q, 10, index.SearchOptions{})
			m.checkAnswer(t, q, 10, nil, found)
			for _, want := range m.nearest(q, 10, nil) {
				if slices.ContainsFunc(found, func(f index.Match) bool { return f.Label == want.Label }) {
					hits++
				}
			}
		}
		queries = queries[asked:]
		if recall := float64(hits) / (10 * asked); recall < e.Recall {
			t.Errorf("%s: recall %.3f, want %.3f", when, recall, e.Recall)
		}
	}
	put(0, count)
	check("built")
	x.Delete(sequence(0, count/2)...)
	for i := range count / 2 {
		delete(m, uint32(i))
	}
	check("half deleted")
	put(count, count+count/2)
	check("as many added")
}

// testSameBuild builds twice with one worker and compares the snapshots.
func testSameBuild(t *testing.T, e Engine) {
	v := Random(source(11), 600, dimension)
	var first []byte
	for range 2 {
		x := e.with(t, dimension, &index.Options{Workers: 1, Seed: 5})
		add(t, x, sequence(0, 400), v[:400])
		x.Delete(sequence(0, 100)...)
		add(t, x, sequence(400, 200), v[400:])
		var b bytes.Buffer
		if err := x.Save(&b, 1); err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = b.Bytes()
		} else if !bytes.Equal(first, b.Bytes()) {
			t.Fatal("the same changes gave two snapshots")
		}
	}
}
