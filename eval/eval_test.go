package eval

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// scored makes documents with scores that fall in the order given.
func scored(ids ...string) []Scored {
	documents := make([]Scored, len(ids))
	for i, id := range ids {
		documents[i] = Scored{id, float64(len(ids) - i)}
	}
	return documents
}

func near(a, b float64) bool { return math.Abs(a-b) < 1e-12 }

// The values below are worked out by hand from the definitions.
func TestMetricsByHand(t *testing.T) {
	qrels := Qrels{"q": {"a": 3, "b": 1, "c": 2, "d": 0, "e": -1}}
	log2 := math.Log2
	ideal3 := 3 + 2/log2(3) + 1/log2(4)
	for _, test := range []struct {
		name   string
		run    []Scored
		metric Metric
		want   float64
	}{
		{"ideal", scored("a", "c", "b", "d"), NDCG(10), 1},
		{"graded", scored("d", "b", "x", "a"), NDCG(10), (1/log2(3) + 3/log2(5)) / ideal3},
		{"cut before the end", scored("d", "b", "x", "a"), NDCG(2), (1 / log2(3)) / (3 + 2/log2(3))},
		{"negative grade gains nothing", scored("e", "a"), NDCG(10), (3 / log2(3)) / ideal3},
		{"nothing retrieved", nil, NDCG(10), 0},
		{"average precision", scored("d", "b", "x", "a"), MAP(), (1.0/2 + 2.0/4) / 3},
		{"all relevant first", scored("b", "a", "c"), MAP(), 1},
		{"reciprocal rank", scored("d", "b", "x", "a"), MRR(10), 1.0 / 2},
		{"reciprocal rank cut off", scored("d", "x", "a"), MRR(2), 0},
		{"recall", scored("d", "b", "x", "a"), Recall(2), 1.0 / 3},
		{"recall of a short ranking", scored("a", "b"), Recall(100), 2.0 / 3},
		{"precision", scored("d", "b", "x", "a"), Precision(4), 2.0 / 4},
		{"precision of a short ranking", scored("a", "b"), Precision(10), 2.0 / 10},
		{"a document twice", []Scored{{"a", 9}, {"a", 8}, {"b", 7}}, MAP(), (1.0 + 1.0) / 3},
	} {
		t.Run(test.name, func(t *testing.T) {
			result := Evaluate(qrels, Run{"q": test.run}, test.metric)
			if got := result.Mean(test.metric); !near(got, test.want) {
				t.Errorf("%s: got %v, want %v", test.metric.Name(), got, test.want)
			}
		})
	}
}

func TestEvaluateAverages(t *testing.T) {
	qrels := Qrels{"1": {"a": 1}, "2": {"a": 1}, "none relevant": {"a": 0}, "3": {"b": 1}}
	run := Run{"1": scored("a"), "2": scored("b", "a"), "none relevant": scored("a"), "not judged": scored("a")}
	result := Evaluate(qrels, run, MRR(10))
	if want := []string{"1", "2", "3"}; !slices.Equal(result.Queries, want) {
		t.Errorf("queries %q, want %q", result.Queries, want)
	}
	if got := result.Values(MRR(10)); !slices.Equal(got, []float64{1, .5, 0}) {
		t.Errorf("values %v: a query without an answer is 0", got)
	}
	if got := result.Mean(MRR(10)); got != 0.5 {
		t.Errorf("mean %v, want 0.5", got)
	}
	if result.Values(MAP()) != nil || Evaluate(nil, nil, MAP()).Mean(MAP()) != 0 {
		t.Error("what was not measured has values")
	}
}

func TestRankBreaksTiesAsTrecEval(t *testing.T) {
	documents := []Scored{{"a", 1}, {"c", 1 + 1e-9}, {"b", 1}, {"d", 0.5}, {"e", 2}}
	Rank(documents)
	var got []string
	for _, d := range documents {
		got = append(got, d.ID)
	}
	if want := []string{"e", "c", "b", "a", "d"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// randomCase makes judgements of n documents and a ranking of them.
func randomCase(random *rand.Rand, n int) (map[string]int, []Scored) {
	grades := map[string]int{}
	var documents []Scored
	for i := range n {
		id := fmt.Sprint(i)
		grades[id] = random.IntN(4)
		documents = append(documents, Scored{id, random.Float64()})
	}
	grades["0"] = 1 // at least one is relevant
	return grades, documents
}

func TestMetricProperties(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 7))
	metrics := []Metric{NDCG(10), NDCG(1000), MAP(), MRR(10), Recall(10), Precision(10)}
	for round := range 300 {
		grades, documents := randomCase(random, 1+random.IntN(40))
		qrels := Qrels{"q": grades}
		best := slices.Clone(documents)
		for i := range best {
			best[i].Score = float64(grades[best[i].ID])
		}
		shuffled := slices.Clone(documents)
		random.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		got := Evaluate(qrels, Run{"q": documents}, metrics...)
		ideal := Evaluate(qrels, Run{"q": best}, metrics...)
		again := Evaluate(qrels, Run{"q": shuffled}, metrics...)
		for _, m := range metrics {
			if v := got.Mean(m); v < 0 || v > 1 || v > ideal.Mean(m)+1e-12 {
				t.Errorf("round %d: %s is %v, of the ideal ranking %v", round, m.Name(), v, ideal.Mean(m))
			}
			if got.Mean(m) != again.Mean(m) {
				t.Errorf("round %d: %s depends on the order in which documents are given", round, m.Name())
			}
		}
		if !near(ideal.Mean(NDCG(10)), 1) || !near(ideal.Mean(MAP()), 1) {
			t.Errorf("round %d: the ideal ranking does not get 1", round)
		}
	}
}

func TestParseMetric(t *testing.T) {
	for _, m := range []Metric{NDCG(10), MAP(), MRR(10), Recall(100), Precision(5)} {
		got, err := ParseMetric(m.Name())
		if err != nil || got.Name() != m.Name() {
			t.Errorf("%s: got %v (%v)", m.Name(), got.Name(), err)
		}
	}
	for _, name := range []string{"", "ndcg", "ndcg@", "ndcg@0", "ndcg@-1", "p@x", "f1@3", "map@10"} {
		if _, err := ParseMetric(name); err == nil {
			t.Errorf("%q: no error", name)
		}
	}
}
