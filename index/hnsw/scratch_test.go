package hnsw_test

import (
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"runtime"
	"testing"

	"github.com/bertsearch/bertsearch/index"
	"github.com/bertsearch/bertsearch/index/hnsw"
	"github.com/bertsearch/bertsearch/index/indextest"
)

// TestScratch gives the same answers with float32 vectors in a scratch file as
// in the heap, after additions, deletions and reopening.
func TestScratch(t *testing.T) {
	const dimension = 96
	all := indextest.Clustered(rand.New(rand.NewPCG(3, 5)), 3000, dimension, 50)
	queries := all[2900:]
	heap := newIndex(t, &index.Options{Workers: 1}, dimension)
	file := newIndex(t, &index.Options{Workers: 1, ScratchDir: t.TempDir()}, dimension)
	same := func(when string) {
		t.Helper()
		for _, q := range queries {
			want, err := heap.Search(q, 10, index.SearchOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if got, err := file.Search(q, 10, index.SearchOptions{}); err != nil || !reflect.DeepEqual(got, want) {
				t.Fatalf("%s: got %v, %v, want %v", when, got, err, want)
			}
		}
	}
	both := func(do func(x *hnsw.Index) error) {
		t.Helper()
		for _, x := range []*hnsw.Index{heap, file} {
			if err := do(x); err != nil {
				t.Fatal(err)
			}
		}
	}
	both(func(x *hnsw.Index) error { return x.Add(sequence(0, 2000), all[:2000]) })
	same("added")
	both(func(x *hnsw.Index) error { x.Delete(sequence(0, 700)...); return nil })
	both(func(x *hnsw.Index) error { return x.Add(sequence(2000, 900), all[2000:2900]) })
	same("deleted and added")
	inHeap, inFile := heap.Stats(), file.Stats()
	if runtime.GOOS != "windows" && inFile.Bytes-inFile.Mapped > inHeap.Bytes-2000*4*dimension {
		t.Errorf("%d bytes of heap, with a file %d", inHeap.Bytes, inFile.Bytes-inFile.Mapped)
	}
	for _, x := range []**hnsw.Index{&heap, &file} {
		o := &index.Options{Workers: 1}
		if x == &file {
			o.ScratchDir = t.TempDir()
		}
		*x = reopen(t, *x, dimension, o)
	}
	same("reopened")
	both(func(x *hnsw.Index) error { return x.Add(sequence(5000, 100), queries) })
	same("reopened and added")
}

func newIndex(t *testing.T, o *index.Options, dimension int) *hnsw.Index {
	t.Helper()
	x, err := hnsw.New(dimension, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = x.Close() })
	return x
}

func reopen(t *testing.T, x *hnsw.Index, dimension int, o *index.Options) *hnsw.Index {
	t.Helper()
	path := filepath.Join(t.TempDir(), "vectors")
	if err := index.SaveFile(path, x, 1); err != nil {
		t.Fatal(err)
	}
	y, _, err := hnsw.Open(path, dimension, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = y.Close() })
	return y
}
