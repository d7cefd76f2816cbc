package train

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// manyExamples has three passages of each document and some repeated queries.
func manyExamples(n int) []Example {
	var list []Example
	for i := range n {
		list = append(list, Example{Query: fmt.Sprintf("query %d", i%(n-5)), Positive: fmt.Sprintf("passage %d", i), Document: fmt.Sprint(i / 3)})
	}
	return list
}

func TestOrder(t *testing.T) {
	seed := rand.Uint64()
	examples := manyExamples(100)
	batches := order(examples, 16, seed, 0)
	seen := map[int]bool{}
	for _, batch := range batches {
		queries, documents := map[string]bool{}, map[string]bool{}
		for _, i := range batch {
			e := examples[i]
			if seen[i] || queries[e.Query] || documents[e.Document] || len(batch) > 16 {
				t.Fatalf("seed %d: batch %v has example %d twice, or two of its query or document", seed, batch, i)
			}
			seen[i], queries[e.Query], documents[e.Document] = true, true, true
		}
	}
	if len(seen) < 99 {
		t.Errorf("seed %d: %d of 100 examples are trained on", seed, len(seen))
	}
	if !slices.EqualFunc(batches, order(examples, 16, seed, 0), slices.Equal) {
		t.Errorf("seed %d: another order the second time", seed)
	}
	if slices.EqualFunc(batches, order(examples, 16, seed, 1), slices.Equal) {
		t.Errorf("seed %d: both epochs have the same order", seed)
	}
}

func TestOrderKeepsASmallBatch(t *testing.T) {
	same := []Example{{Query: "a", Positive: "b"}}
	if got := order(same, 8, 1, 0); len(got) != 1 || len(got[0]) != 1 {
		t.Errorf("one example: %v", got)
	}
	if got := order(append(same, same...), 8, 1, 0); len(got) != 1 {
		t.Errorf("the same query twice: %v", got)
	}
}

func TestTexts(t *testing.T) {
	examples := []Example{
		{Query: "q0", Positive: "p0", Document: "d0", Negatives: []string{"n0", "n1"}, NegativeDocuments: []string{"d1", "d2"}},
		{Query: "unused"},
		{Query: "q2", Positive: "p2"},
		{Query: "q3", Positive: "p3", Negatives: []string{"n3"}},
	}
	queries, passages, first := texts(examples, []int{3, 2, 0})
	if !slices.Equal(queries, []string{"q3", "q2", "q0"}) || !slices.Equal(first, []int{0, 1, 1, 3}) {
		t.Errorf("queries %v, first %v", queries, first)
	}
	want := []passage{{"p3", ""}, {"p2", ""}, {"p0", "d0"}, {"n3", ""}, {"n0", "d1"}, {"n1", "d2"}}
	if !slices.Equal(passages, want) {
		t.Errorf("passages %v, want %v", passages, want)
	}
}

func TestAnswers(t *testing.T) {
	a := newAnswers([]Example{{Query: "q", Positive: "p", Document: "d"}, {Query: "q", Positive: "other"}, {Query: "r", Positive: "s"}})
	for _, test := range []struct {
		query string
		p     passage
		want  bool
	}{
		{"q", passage{"another passage", "d"}, true}, {"q", passage{"other", "e"}, true},
		{"q", passage{"s", ""}, false}, {"r", passage{"p", "d"}, false},
	} {
		if got := a.has(test.query, test.p); got != test.want {
			t.Errorf("%v answers %q: %v", test.p, test.query, got)
		}
	}
}
