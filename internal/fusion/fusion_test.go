package fusion

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// background is the mean cosine of the examples below.
const background = 0.1

var rules = map[string]func([]Candidate) []Score{
	"auto":   func(c []Candidate) []Score { return Auto(c, background) },
	"convex": func(c []Candidate) []Score { return Convex(c, 0.5) },
	"rrf":    RRF,
}

func random(r *rand.Rand, n int) []Candidate {
	c := make([]Candidate, n)
	for i := range c {
		c[i].Dense = r.Float64()*1.2 - 0.2
		if r.IntN(3) > 0 {
			c[i].Keyword = r.Float64() * 30
		}
	}
	return c
}

// A document that is better on one side and no worse on the other never stands lower.
func TestRulesAreMonotoneAndBounded(t *testing.T) {
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 0))
	for range 200 {
		c := random(r, 1+r.IntN(40))
		for name, rule := range rules {
			scores := rule(c)
			for i, a := range scores {
				if a.Value < 0 || a.Value > 1 || a.Dense.Raw != c[i].Dense || a.Keyword.Raw != c[i].Keyword {
					t.Fatalf("seed %d: %s scores %v as %+v", seed, name, c[i], a)
				}
				for j, b := range scores {
					if c[i].Dense >= c[j].Dense && c[i].Keyword > c[j].Keyword && a.Value < b.Value {
						t.Fatalf("seed %d: %s puts %v (%.4f) below %v (%.4f)", seed, name, c[i], a.Value, c[j], b.Value)
					}
				}
			}
		}
	}
}

func TestOneSideAlone(t *testing.T) {
	dense := []Candidate{{0.2, 0}, {0.7, 0}, {-0.3, 0}, {0.4, 0}, {-0.1, 0}}
	words := []Candidate{{0.3, 2}, {0.3, 9}, {0.3, 0}, {0.3, 4}, {0.3, 1}}
	for name, rule := range rules {
		if name == "rrf" { // equal cosines still have ranks
			words[2].Dense = 0.1
		}
		if got := Order(rule(dense)); !slices.Equal(got, []int{1, 3, 0, 4, 2}) {
			t.Errorf("%s without words: %v", name, got)
		}
		if got := Order(rule(words)); got[0] != 1 && name != "rrf" || got[4] != 2 {
			t.Errorf("%s without meaning: %v", name, got)
		}
	}
}

func TestAutoFollowsTheSideThatStandsOut(t *testing.T) {
	// A part number: cosines near the background, one document has the word.
	name := []Candidate{{0.31, 0}, {0.29, 0}, {0.15, 4.6}}
	if got := Order(Auto(name, background)); got[0] != 2 {
		t.Errorf("a rare word: %v", got)
	}
	// A paraphrase: one document nearly the same text, another shares a few words.
	paraphrase := []Candidate{{0.45, 5.1}, {0.92, 0.4}}
	if got := Order(Auto(paraphrase, background)); got[0] != 1 {
		t.Errorf("a paraphrase: %v", got)
	}
	// With all cosines close together, as some models have them, nothing changes.
	narrow := []Candidate{{0.8 + 0.31/10, 0}, {0.8 + 0.29/10, 0}, {0.8 + 0.15/10, 4.6}}
	if got := Order(Auto(narrow, 0.8)); got[0] != 2 {
		t.Errorf("a narrow model: %v", got)
	}
}

func TestAutoByHand(t *testing.T) {
	got := Auto([]Candidate{{0.55, 6}, {0.1, 12}, {-0.2, 0}}, background)
	want := []Score{
		{Value: 1 - 0.5*0.75, Dense: Part{0.55, 0.5, 1}, Keyword: Part{6, 0.25, 2}},
		{Value: 0.5, Dense: Part{0.1, 0, 2}, Keyword: Part{12, 0.5, 1}},
		{Value: 0, Dense: Part{-0.2, 0, 3}, Keyword: Part{0, 0, 0}},
	}
	for i := range want {
		if math.Abs(got[i].Value-want[i].Value) > 1e-12 || math.Abs(got[i].Dense.Normalised-want[i].Dense.Normalised) > 1e-12 ||
			got[i].Keyword != want[i].Keyword || got[i].Dense.Rank != want[i].Dense.Rank {
			t.Errorf("candidate %d: %+v, want %+v", i, got[i], want[i])
		}
	}
}

func TestConvexAndRRFByHand(t *testing.T) {
	c := []Candidate{{0.5, 0}, {0.3, 10}, {0.1, 5}}
	for i, want := range []float64{0.75, 0.75*0.5 + 0.25, 0.25 * 0.5} {
		if got := Convex(c, 0.75)[i].Value; math.Abs(got-want) > 1e-12 {
			t.Errorf("convex %d: %v, want %v", i, got, want)
		}
	}
	for i, want := range []float64{0.5, (61.0/62 + 1) / 2, (61.0/63 + 61.0/62) / 2} {
		if got := RRF(c)[i].Value; math.Abs(got-want) > 1e-12 {
			t.Errorf("rrf %d: %v, want %v", i, got, want)
		}
	}
}

func TestDegenerate(t *testing.T) {
	for name, rule := range rules {
		if got := rule(nil); len(got) != 0 {
			t.Errorf("%s of nothing: %v", name, got)
		}
		for _, s := range rule([]Candidate{{math.NaN(), 3}, {0.5, 3}}) {
			if math.IsNaN(s.Value) || s.Value < 0 || s.Value > 1 {
				t.Errorf("%s of a NaN: %+v", name, s)
			}
		}
	}
	if s := Auto([]Candidate{{1, 0}}, 1)[0]; s.Value != 0 {
		t.Errorf("a collection of one text: %+v", s)
	}
	if got := Order(Convex([]Candidate{{0.2, 1}, {0.2, 1}}, math.NaN())); !slices.Equal(got, []int{0, 1}) {
		t.Errorf("equals: %v", got)
	}
}
