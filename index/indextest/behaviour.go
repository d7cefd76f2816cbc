package indextest

import (
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/bertsearch/bertsearch/index"
)

func testEmpty(t *testing.T, e Engine) {
	x := e.empty(t)
	q := Random(source(1), 1, dimension)[0]
	if found := search(t, x, q, 10, index.SearchOptions{}); len(found) != 0 {
		t.Errorf("an empty index found %v", found)
	}
	x.Delete(1, 2, 3)
	add(t, x, nil, nil)
	if x.Len() != 0 {
		t.Errorf("Len is %d", x.Len())
	}
}

func testBadInput(t *testing.T, e Engine) {
	x := e.empty(t)
	good := Random(source(1), 2, dimension)
	bad := func(change func(v []float32)) []float32 {
		v := slices.Clone(good[1])
		change(v)
		return v
	}
	nan := bad(func(v []float32) { v[3] = float32(math.NaN()) })
	infinite := bad(func(v []float32) { v[3] = float32(math.Inf(1)) })
	for _, c := range []struct {
		name   string
		vector []float32
		want   error
	}{
		{"short", good[1][1:], index.ErrDimension},
		{"NaN", nan, index.ErrNotFinite},
		{"infinite", infinite, index.ErrNotFinite},
		{"long", bad(func(v []float32) { v[0] += 2 }), index.ErrNotNormalised},
	} {
		if err := x.Add([]uint32{1, 2}, [][]float32{good[0], c.vector}); !errors.Is(err, c.want) {
			t.Errorf("%s: error %v, want %v", c.name, err, c.want)
		}
		if x.Len() != 0 {
			t.Errorf("%s: part of the batch was added", c.name)
		}
	}
	if err := x.Add([]uint32{1}, good); err == nil {
		t.Error("two vectors for one label were added")
	}
	add(t, x, []uint32{1}, good[:1])
	for name, q := range map[string][]float32{"short": good[0][1:], "NaN": nan, "infinite": infinite} {
		if _, err := x.Search(q, 1, index.SearchOptions{}); err == nil {
			t.Errorf("a %s query was answered", name)
		}
	}
	for _, dimension := range []int{-1, 0, index.MaxDimension + 1} {
		if _, err := e.New(dimension, nil); !errors.Is(err, index.ErrDimension) {
			t.Errorf("dimension %d: error %v", dimension, err)
		}
	}
}

func testUpsert(t *testing.T, e Engine) {
	x, v := e.empty(t), Random(source(2), 6, dimension)
	add(t, x, []uint32{7, 8, 9}, v[:3])
	add(t, x, []uint32{8}, v[3:4])
	m := model{7: v[0], 8: v[3], 9: v[2]}
	m.checkExact(t, v[3], 3, nil, search(t, x, v[3], 3, index.SearchOptions{}))
	v[0][0] = 9 // the index has copied it
	m[7] = slices.Clone(Random(source(2), 6, dimension)[0])
	m.checkExact(t, v[4], 3, nil, search(t, x, v[4], 3, index.SearchOptions{}))
	x.Delete(7, 7, 1000)
	delete(m, 7)
	if x.Len() != 2 {
		t.Errorf("Len is %d, want 2", x.Len())
	}
	m.checkExact(t, v[5], 3, nil, search(t, x, v[5], 3, index.SearchOptions{}))
}

func testDuplicates(t *testing.T, e Engine) {
	x, v := e.empty(t), Random(source(3), 3, dimension)
	add(t, x, []uint32{5, 5, 5}, v)
	if x.Len() != 1 {
		t.Errorf("Len is %d, want 1", x.Len())
	}
	model{5: v[2]}.checkExact(t, v[2], 2, nil, search(t, x, v[2], 2, index.SearchOptions{}))
}

func testFewerThanK(t *testing.T, e Engine) {
	x, v := e.empty(t), Random(source(4), 30, dimension)
	add(t, x, sequence(0, 30), v)
	for _, k := range []int{-1, 0, 1, 29, 30, 31, 1 << 20} {
		if found := search(t, x, v[0], k, index.SearchOptions{}); len(found) != max(0, min(k, 30)) {
			t.Errorf("k %d: %d matches", k, len(found))
		}
	}
}

func testFilter(t *testing.T, e Engine) {
	x, v := e.empty(t), Random(source(5), 40, dimension)
	add(t, x, sequence(100, 40), v)
	for name, c := range map[string]struct {
		filter *roaring.Bitmap
		want   int
	}{
		"none":    {roaring.New(), 0},
		"unknown": {roaring.BitmapOf(1, 2, 3, math.MaxUint32), 0},
		"one":     {roaring.BitmapOf(103), 1},
		"mixed":   {roaring.BitmapOf(1, 103, 104, 5000), 2},
	} {
		found := search(t, x, v[0], 10, index.SearchOptions{Filter: c.filter})
		if len(found) != c.want {
			t.Errorf("%s: %d matches, want %d", name, len(found), c.want)
		}
	}
}

// testFilterIsExact asks for shares of an index that a walk could miss: with
// up to 1,000 matches the answer is exact, and it has k matches in any case.
func testFilterIsExact(t *testing.T, e Engine) {
	const count = 4000
	r := source(6)
	x, v := e.empty(t), Clustered(r, count, dimension, 40)
	add(t, x, sequence(0, count), v)
	m := make(model)
	for i, vector := range v {
		m[uint32(i)] = vector
	}
	for _, matches := range []int{1, 9, 10, 11, 100, 1000, 1001, 2000, 3900} {
		filter := roaring.New()
		for _, i := range r.Perm(count)[:matches] {
			filter.Add(uint32(i))
		}
		q := Random(r, 1, dimension)[0]
		found := search(t, x, q, 10, index.SearchOptions{Filter: filter})
		if matches <= 1000 {
			m.checkExact(t, q, 10, filter, found)
		} else {
			m.checkAnswer(t, q, 10, filter, found)
		}
	}
}

func testOrder(t *testing.T, e Engine) {
	x, v := e.empty(t), Random(source(7), 1, dimension)[0]
	add(t, x, []uint32{3, 1, 2}, [][]float32{v, v, v})
	found := search(t, x, v, 2, index.SearchOptions{})
	if e.Recall > 0 && (len(found) != 2 || found[0].Label != 1 || found[1].Label != 2) {
		t.Errorf("equal scores came as %v, want labels 1 and 2", found)
	}
	zero := make([]float32, dimension)
	if found := search(t, x, zero, 3, index.SearchOptions{}); len(found) != 3 {
		t.Errorf("a zero query found %v", found)
	}
}

func testIdenticalRows(t *testing.T, e Engine) {
	const count = 3000
	x, v := e.empty(t), Random(source(8), 2, dimension)
	vectors := make([][]float32, count)
	for i := range vectors {
		vectors[i] = v[0]
	}
	add(t, x, sequence(0, count), vectors)
	add(t, x, []uint32{count}, v[1:])
	if found := search(t, x, v[1], 1, index.SearchOptions{}); e.Recall > 0 && found[0].Label != count {
		t.Errorf("the one other vector among %d equal ones was not found", count)
	}
	if found := search(t, x, v[0], 50, index.SearchOptions{}); len(found) != 50 {
		t.Errorf("%d matches of 50", len(found))
	}
}

func testDeleteAll(t *testing.T, e Engine) {
	const count = 1500
	x := e.empty(t)
	for round := range 3 {
		v := Random(source(uint64(9+round)), count, dimension)
		labels := sequence(round*count, count)
		add(t, x, labels, v)
		if found := search(t, x, v[7], 5, index.SearchOptions{}); len(found) != 5 {
			t.Fatalf("round %d: %d matches of 5", round, len(found))
		}
		x.Delete(labels...)
		if found := search(t, x, v[7], 5, index.SearchOptions{}); len(found) != 0 || x.Len() != 0 {
			t.Fatalf("round %d: %d matches, Len %d after deleting all", round, len(found), x.Len())
		}
	}
}
