package heads

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"

	"github.com/bertsearch/bertsearch/internal/nn"
	"github.com/bertsearch/bertsearch/train/dataset"
)

// Figures say how good a model is.
type Figures struct {
	Main   string             `json:"main"` // the one that decides; higher is better
	Values map[string]float64 `json:"values"`
	// Each has a value an example, or a group of them, whose mean is the main
	// figure or stands for it; nil where there is none.
	Each []float64 `json:"-"`
}

// Value is the main figure.
func (f Figures) Value() float64 { return f.Values[f.Main] }

// largest is the place of the largest value.
func largest(x []float32) int {
	best := 0
	for i, v := range x {
		if v > x[best] {
			best = i
		}
	}
	return best
}

// agreements is the accuracy, and the mean F1 of the labels that occur.
func agreements(samples []sample, scores [][]float32) Figures {
	each := make([]float64, len(samples))
	counts := make([]counter, len(scores[0]))
	for i, s := range samples {
		want, got := s.classes[0], largest(scores[i])
		if want == got {
			each[i] = 1
			counts[want].right++
		}
		counts[want].wanted++
		counts[got].found++
	}
	f1, n := 0.0, 0
	for _, c := range counts {
		if c.wanted > 0 {
			f1, n = f1+c.f1(), n+1
		}
	}
	accuracy := stat.Mean(each, nil)
	return Figures{"accuracy", map[string]float64{"accuracy": accuracy, "macro_f1": f1 / float64(max(n, 1))}, each}
}

// counter counts what should be found, is found, and is both.
type counter struct{ wanted, found, right int }

func (c counter) f1() float64 { return 2 * float64(c.right) / float64(max(c.wanted+c.found, 1)) }

func (c counter) values() map[string]float64 {
	return map[string]float64{
		"f1": c.f1(), "precision": float64(c.right) / float64(max(c.found, 1)), "recall": float64(c.right) / float64(max(c.wanted, 1)),
	}
}

// overlaps is the F1 over all labels of all texts, a label being given from a
// probability of one half on.
func overlaps(samples []sample, scores [][]float32) Figures {
	var all counter
	each := make([]float64, len(samples))
	for i, s := range samples {
		var own counter
		for j, target := range s.targets {
			wanted, found := target > 0.5, scores[i][j] > 0
			own.wanted += count(wanted)
			own.found += count(found)
			own.right += count(wanted && found)
		}
		if each[i] = own.f1(); own.wanted+own.found == 0 {
			each[i] = 1
		}
		all = counter{all.wanted + own.wanted, all.found + own.found, all.right + own.right}
	}
	return Figures{"f1", all.values(), each}
}

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}

// correlations is Spearman's and Pearson's between scores and targets.
func correlations(samples []sample, scores [][]float32) Figures {
	var got, want []float64
	for i, s := range samples {
		got, want = append(got, float64(scores[i][0])), append(want, float64(s.targets[0]))
	}
	values := map[string]float64{"spearman": correlation(ranks(got), ranks(want)), "pearson": correlation(got, want)}
	return Figures{"spearman", values, nil}
}

// correlation is 0 where one side does not vary.
func correlation(x, y []float64) float64 {
	if c := stat.Correlation(x, y, nil); !math.IsNaN(c) {
		return c
	}
	return 0
}

// ranks are the places of values in their order, equal values sharing the mean
// of theirs.
func ranks(x []float64) []float64 {
	order := make([]int, len(x))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(x[a], x[b]) })
	out := make([]float64, len(x))
	for i := 0; i < len(order); {
		j := i
		for j < len(order) && x[order[j]] == x[order[i]] {
			j++
		}
		for _, k := range order[i:j] {
			out[k] = float64(i+j-1) / 2
		}
		i = j
	}
	return out
}

// rankings is the mean reciprocal rank of the first right passage of a query,
// among its own, and the accuracy at a probability of one half.
func rankings(examples []dataset.Example, samples []sample, scores [][]float32) Figures {
	type judged struct {
		score float32
		right bool
	}
	queries := map[string][]judged{}
	var order []string
	right := 0
	for i, s := range samples {
		query := examples[i].Text
		if queries[query] == nil {
			order = append(order, query)
		}
		relevant := s.targets[0] > 0.5
		queries[query] = append(queries[query], judged{scores[i][0], relevant})
		right += count(relevant == (scores[i][0] > 0))
	}
	var each []float64
	for _, query := range order {
		list := queries[query]
		slices.SortStableFunc(list, func(a, b judged) int { return cmp.Compare(b.score, a.score) })
		reciprocal := 0.0
		if i := slices.IndexFunc(list, func(x judged) bool { return x.right }); i >= 0 {
			reciprocal = 1 / float64(i+1)
		}
		each = append(each, reciprocal)
	}
	return Figures{"mrr", map[string]float64{"mrr": stat.Mean(each, nil), "accuracy": float64(right) / float64(len(samples))}, each}
}

// guesses counts how probable the tokens of texts are, each after the right ones.
type guesses struct {
	loss          float64 // sum of −log p
	right, tokens int
	each          []float64 // mean of log p of each text
}

// add takes a text's tokens and the scores of all words for each, which are
// used up.
func (g *guesses) add(scores []float32, tokens []int) {
	n := len(scores) / len(tokens)
	for i, want := range tokens {
		g.right += count(largest(scores[i*n:(i+1)*n]) == want)
	}
	loss := nn.CrossEntropy(scores, n, tokens, nil)
	g.each = append(g.each, -loss)
	g.loss, g.tokens = g.loss+loss*float64(len(tokens)), g.tokens+len(tokens)
}

// figures has the mean of log probabilities over all tokens as the main one.
func (g *guesses) figures() Figures {
	loss := g.loss / float64(max(g.tokens, 1))
	return Figures{"log_likelihood", map[string]float64{
		"log_likelihood": -loss, "perplexity": math.Exp(loss), "accuracy": float64(g.right) / float64(max(g.tokens, 1)),
	}, g.each}
}
