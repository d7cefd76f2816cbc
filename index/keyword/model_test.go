package keyword

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/RoaringBitmap/roaring/v2"
)

// model is the index as it should be: the words of each document, all of which
// the analyzer leaves as they are.
type model map[uint32][]string

func (m model) apply(puts []Doc, deletes []uint32) {
	for _, n := range deletes {
		delete(m, n)
	}
	for _, d := range puts {
		m[d.Number] = strings.Fields(d.Title + " " + d.Text)
	}
}

// search computes BM25 by its definition.
func (m model) search(query string, k int, filter *roaring.Bitmap) []Match {
	var total int
	with := make(map[string]uint64)
	for _, words := range m {
		total += len(words)
		for _, w := range slices.Compact(slices.Sorted(slices.Values(words))) {
			with[w]++
		}
	}
	average := math.Max(1, float64(total)/float64(len(m)))
	var matches []Match
	for n, words := range m {
		var score float64
		for _, q := range strings.Fields(query) {
			f := 0
			for _, w := range words {
				if w == q {
					f++
				}
			}
			score += idf(uint64(len(m)), with[q]) * saturation(float64(f), float64(len(words)), average)
		}
		if score > 0 && (filter == nil || filter.Contains(n)) {
			matches = append(matches, Match{n, score})
		}
	}
	slices.SortFunc(matches, compareMatches)
	return matches[:min(k, len(matches))]
}

// near compares two rankings; documents whose scores differ by rounding only may change places.
func near(a, b []Match) bool {
	return slices.EqualFunc(a, b, func(x, y Match) bool { return math.Abs(x.Score-y.Score) < 1e-9 })
}

func randomDoc(r *rand.Rand, number uint32) Doc {
	words := make([]string, r.IntN(12))
	for i := range words {
		words[i] = fmt.Sprintf("w%d", int(math.Pow(r.Float64(), 3)*40))
	}
	return Doc{number, fmt.Sprintf("t%d", r.IntN(9)), strings.Join(words, " ")}
}

// Random puts, replacements, deletes and reopenings leave an index that scores
// as BM25 is defined over the documents that are there, whatever came before.
func TestRandomOperationsAgainstAModel(t *testing.T) {
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 0))
	dir, m := t.TempDir(), model{}
	x := openTest(t, dir, nil)
	for step := range uint64(60) {
		var puts []Doc
		var deletes []uint32
		for range r.IntN(20) {
			puts = append(puts, randomDoc(r, uint32(r.IntN(80))))
		}
		for range r.IntN(8) {
			deletes = append(deletes, uint32(r.IntN(80)))
		}
		mustApply(t, x, puts, deletes, step+1)
		m.apply(puts, deletes)
		if r.IntN(6) == 0 {
			mustClose(t, x)
			x = openTest(t, dir, &Options{})
		}
		if n, err := x.Count(); err != nil || n != uint64(len(m)) || x.LastChange() != step+1 {
			t.Fatalf("seed %d, step %d: %d documents, want %d (%v); change %d", seed, step, n, len(m), err, x.LastChange())
		}
		compareWithModel(t, r, x, m, seed)
	}
}

func compareWithModel(t *testing.T, r *rand.Rand, x *Index, m model, seed uint64) {
	t.Helper()
	if len(m) == 0 {
		return
	}
	query := fmt.Sprintf("w%d w%d w0 t%d w%[1]d", r.IntN(40), r.IntN(40), r.IntN(9))
	filter := roaring.New()
	for _, n := range slices.Collect(maps.Keys(m)) {
		if r.IntN(10) < r.IntN(10) {
			filter.Add(n)
		}
	}
	for _, f := range []*roaring.Bitmap{nil, filter, roaring.BitmapOf(3, 500), roaring.New()} {
		k := 1 + r.IntN(30)
		got, err := x.Search(t.Context(), query, k, f)
		if err != nil {
			t.Fatal(err)
		}
		if want := m.search(query, k, f); !near(got, want) {
			t.Fatalf("seed %d: %q, best %d of %v\n got %v\nwant %v", seed, query, k, f, got, want)
		}
	}
	s, err := x.Statistics(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	numbers := []uint32{79, 0, 4000, 5}
	scores, err := x.Scores(t.Context(), query, numbers)
	if err != nil {
		t.Fatal(err)
	}
	for i, n := range numbers {
		want := m.search(query, 1, roaring.BitmapOf(n))
		if got := scores[i]; len(want) == 0 && got != 0 || len(want) == 1 && math.Abs(got-want[0].Score) > 1e-9 || got >= s.Bound() {
			t.Fatalf("seed %d: document %d scores %v of %v, want %v", seed, n, got, s.Bound(), want)
		}
	}
}
