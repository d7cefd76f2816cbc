// Package indextest is the suite that every index.Vector passes.
package indextest

import (
	"testing"

	"github.com/bertsearch/bertsearch/index"
)

// Engine is an implementation under test.
type Engine struct {
	New  func(dimension int, o *index.Options) (index.Vector, error)
	Open func(path string, dimension int, o *index.Options) (index.Vector, uint64, error)
	// Recall is the least recall@10 that the engine promises at its defaults.
	// An engine that promises none is only held to give sound answers.
	Recall float64
}

// checkNearest checks an answer without a filter from a small index.
func (e Engine) checkNearest(t *testing.T, m model, q []float32, k int, found []index.Match) {
	t.Helper()
	if e.Recall > 0 {
		m.checkExact(t, q, k, nil, found)
	} else {
		m.checkAnswer(t, q, k, nil, found)
	}
}

// dimension of the suite's vectors; no multiple of any vector register.
const dimension = 20

// Run runs the suite.
func Run(t *testing.T, e Engine) {
	for name, test := range map[string]func(*testing.T, Engine){
		"Empty":          testEmpty,
		"BadInput":       testBadInput,
		"Upsert":         testUpsert,
		"Duplicates":     testDuplicates,
		"FewerThanK":     testFewerThanK,
		"Filter":         testFilter,
		"FilterIsExact":  testFilterIsExact,
		"Order":          testOrder,
		"SaveAndOpen":    testSaveAndOpen,
		"OpenRefuses":    testOpenRefuses,
		"Random":         testRandom,
		"Concurrent":     testConcurrent,
		"Recall":         testRecall,
		"SameBuild":      testSameBuild,
		"IdenticalRows":  testIdenticalRows,
		"WithoutMercy":   testDeleteAll,
		"DamagedAnyByte": testDamage,
	} {
		t.Run(name, func(t *testing.T) { test(t, e) })
	}
}

func (e Engine) empty(t *testing.T) index.Vector {
	t.Helper()
	return e.with(t, dimension, &index.Options{Workers: 2})
}

func (e Engine) with(t *testing.T, dimension int, o *index.Options) index.Vector {
	t.Helper()
	x, err := e.New(dimension, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = x.Close() })
	return x
}

func add(t *testing.T, x index.Vector, labels []uint32, vectors [][]float32) {
	t.Helper()
	if err := x.Add(labels, vectors); err != nil {
		t.Fatal(err)
	}
}

func search(t *testing.T, x index.Vector, q []float32, k int, o index.SearchOptions) []index.Match {
	t.Helper()
	found, err := x.Search(q, k, o)
	if err != nil {
		t.Fatal(err)
	}
	return found
}
