package eval

import (
	"math"
	"testing"
)

// The sentences are those of Lin 2004, section 3; the other figures were counted by hand.
func TestRouge(t *testing.T) {
	const reference = "police killed the gunman"
	for _, c := range []struct {
		name, text, reference string
		got                   func(text, reference string) Rouge
		precision, recall     float64
	}{
		{"L", "police kill the gunman", reference, RougeL, 3. / 4, 3. / 4},
		{"L", "the gunman kill police", reference, RougeL, 2. / 4, 2. / 4},
		{"L", "the gunman police killed", reference, RougeL, 2. / 4, 2. / 4},
		{"2", "police kill the gunman", reference, bigrams, 1. / 3, 1. / 3},
		{"2", "the gunman kill police", reference, bigrams, 1. / 3, 1. / 3},
		{"1", "The the, THE cat", "the cat and the dog", unigrams, 3. / 4, 3. / 5},
		{"1", "the cat and the dog", "The the, THE cat", unigrams, 3. / 5, 3. / 4},
		{"1", "", reference, unigrams, 0, 0},
		{"2", "police", reference, bigrams, 0, 0},
		{"L", reference, "", RougeL, 0, 0},
		{"L", "a x b y c", "a b c d", RougeL, 3. / 5, 3. / 4},
	} {
		got := c.got(c.text, c.reference)
		f1 := 0.0
		if c.precision > 0 {
			f1 = 2 * c.precision * c.recall / (c.precision + c.recall)
		}
		if !almost(got.Precision, c.precision) || !almost(got.Recall, c.recall) || !almost(got.F1, f1) {
			t.Errorf("ROUGE-%s of %q: %+v, want precision %g, recall %g", c.name, c.text, got, c.precision, c.recall)
		}
	}
}

func unigrams(text, reference string) Rouge { return RougeN(1, text, reference) }
func bigrams(text, reference string) Rouge  { return RougeN(2, text, reference) }

func almost(a, b float64) bool { return math.Abs(a-b) < 1e-12 }
