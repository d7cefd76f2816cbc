package heads

import (
	"math"
	"slices"
	"testing"

	"github.com/bertsearch/bertsearch/internal/nn"
	"github.com/bertsearch/bertsearch/tokenizer"
	"github.com/bertsearch/bertsearch/train/dataset"
)

func near(a, b float64) bool { return math.Abs(a-b) < 1e-6 }

// TestLosses compares losses with their formulas and gradients with what the
// loss changes by.
func TestLosses(t *testing.T) {
	scores := []float32{1, 2, 0.5, -1, 0, 3, 1, 1, 1}
	losses := map[string]func(x []float32) float64{
		"cross entropy":          func(x []float32) float64 { return nn.CrossEntropy(x, 3, []int{1, nn.Ignored, 0}, nil) },
		"weighted cross entropy": func(x []float32) float64 { return nn.CrossEntropy(x, 3, []int{1, 2, 0}, []float32{1, 4, 0.5}) },
		"binary cross entropy":   func(x []float32) float64 { return binaryCrossEntropy(x, []float32{1, 0, 1, 0, 1, 0, 1, 0, 1}) },
		"squared error":          func(x []float32) float64 { return squaredError(x, []float32{1, 0, 1, 0, 1, 0, 1, 0, 1}) },
	}
	want := map[string]float64{"cross entropy": (0.4643688 + 1.0986123) / 2, "squared error": (0 + 4 + .25 + 1 + 1 + 9 + 0 + 1 + 0) / 9}
	for name, loss := range losses {
		grad := slices.Clone(scores)
		value := loss(grad)
		if w, ok := want[name]; ok && !near(value, w) {
			t.Errorf("%s is %v, want %v", name, value, w)
		}
		for i := range scores {
			const step = 1.0 / 128
			above, below := slices.Clone(scores), slices.Clone(scores)
			above[i] += step
			below[i] -= step
			if d := (loss(above) - loss(below)) / (2 * step); math.Abs(d-float64(grad[i])) > 1e-4 {
				t.Errorf("%s: gradient %d is %v, by differences %v", name, i, grad[i], d)
			}
		}
	}
}

func TestCorrelations(t *testing.T) {
	var samples []sample
	var scores [][]float32
	for _, pair := range [][2]float32{{1, 10}, {2, 20}, {2, 15}, {3, 100}} {
		samples, scores = append(samples, sample{targets: pair[:1]}), append(scores, pair[1:])
	}
	if f := correlations(samples, scores); !near(f.Value(), 0.9486833) {
		t.Errorf("spearman is %v", f.Value())
	}
}

func TestRankings(t *testing.T) {
	yes, no := sample{targets: []float32{1}}, sample{targets: []float32{0}}
	f := rankings([]dataset.Example{{Text: "q"}, {Text: "q"}, {Text: "r"}, {Text: "r"}}, []sample{yes, no, no, yes}, [][]float32{{1}, {2}, {-1}, {0.5}})
	if !near(f.Values["mrr"], 0.75) || !near(f.Values["accuracy"], 0.75) {
		t.Errorf("%v", f.Values)
	}
}

func TestAnswersAreCompared(t *testing.T) {
	e := &dataset.Example{Pair: "The Battle of Rome, 1527", Answers: []dataset.Span{{Start: 0, End: 18}, {Start: 20, End: 24}}}
	for text, want := range map[string][2]float64{"battle of Rome!": {1, 1}, "1527": {1, 1}, "Rome": {0.5, 0}, "x": {0, 0}} {
		if f1, exact := compareAnswer(text, e); !near(f1, want[0]) || exact != want[1] {
			t.Errorf("%q: %v and %v, want %v", text, f1, exact, want)
		}
	}
	if f1, _ := compareAnswer("", &dataset.Example{Answers: []dataset.Span{}}); f1 != 1 {
		t.Error("no answer is not right where there is none")
	}
}

func TestPlace(t *testing.T) {
	tok, err := tokenizer.NewWordPiece(vocabulary, tokenizer.Uncased())
	if err != nil {
		t.Fatal(err)
	}
	var e tokenizer.Encoding
	tok.EncodePair(&e, "the cat", "ann sat in rome .", 0)
	if got := place(&e, dataset.Span{Start: 4, End: 15}); !slices.Equal(got, []int{5, 7}) {
		t.Errorf("tokens %v", got)
	}
	tok.EncodePair(&e, "the cat", "ann sat in rome .", 8)
	if got := place(&e, dataset.Span{Start: 4, End: 15}); !slices.Equal(got, []int{0, 0}) {
		t.Errorf("of an answer that was cut off: %v", got)
	}
}
