package heads

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/bertsearch/bertsearch/internal/nn"
	"github.com/bertsearch/bertsearch/model"
	"github.com/bertsearch/bertsearch/tokenizer"
	"github.com/bertsearch/bertsearch/train/dataset"
)

// words learns to guess masked words (Devlin et al. 2019, section 3.1): of the
// chosen ones eight in ten become [MASK], one another word, one stays.
type words struct {
	trained
	mask    int32
	special []int32 // never chosen, never put in place of another
}

func newWords(t trained) (*words, error) {
	w := &words{trained: t}
	var ok bool
	if w.mask, ok = t.tokens.ID(t.tokens.Config().Roles.MASK); !ok {
		return nil, errors.New("heads: the tokenizer has no token for masked words")
	}
	var e tokenizer.Encoding
	t.tokens.EncodePair(&e, "", "", 0)
	w.special = append(slices.Clone(e.IDs), w.mask)
	return w, nil
}

func (w *words) samples(examples []dataset.Example) ([]sample, error) {
	var encoding tokenizer.Encoding
	var out []sample
	for i := range examples {
		if s := w.encode(&encoding, &examples[i]); len(s.ids) > len(w.special) {
			out = append(out, s)
		}
	}
	if len(out) == 0 {
		return nil, errors.New("heads: no text is long enough to guess words of")
	}
	return out, nil
}

// batch hides words of samples.
func (w *words) batch(samples []sample, seed uint64) *batch {
	r := rand.New(rand.NewPCG(seed, 0x3a5c))
	b := pack(samples)
	for row, id := range b.IDs {
		if slices.Contains(w.special, id) || r.Float64() >= w.recipe.Mask {
			continue
		}
		b.rows, b.classes = append(b.rows, row), append(b.classes, int(id))
		switch draw := r.Float64(); {
		case draw < 0.8:
			b.IDs[row] = w.mask
		case draw < 0.9:
			b.IDs[row] = w.other(r)
		}
	}
	return b
}

// other draws a word.
func (w *words) other(r *rand.Rand) int32 {
	for {
		if id := int32(r.IntN(w.tokens.Size())); !slices.Contains(w.special, id) {
			return id
		}
	}
}

func (w *words) loss(s *model.TaskScores, b *batch) float64 {
	return nn.CrossEntropy(s.Words, w.model.Encoder.Config.VocabSize, b.classes, nil)
}

// measure guesses words of the examples, the same ones every time. The main
// figure is the mean of log probabilities.
func (w *words) measure(ctx context.Context, t *model.TrainableTask, examples []dataset.Example) (Figures, error) {
	samples, err := w.samples(examples)
	if err != nil {
		return Figures{}, err
	}
	loss, right, guessed := 0.0, 0, 0
	for i := 0; i < len(samples); i += w.recipe.Batch {
		if err := ctx.Err(); err != nil {
			return Figures{}, err
		}
		b := w.batch(samples[i:min(i+w.recipe.Batch, len(samples))], uint64(i))
		if len(b.rows) == 0 {
			continue
		}
		scores, _, err := t.Forward(nil, &b.Batch, b.rows, model.ForwardOptions{})
		if err != nil {
			return Figures{}, err
		}
		n := len(scores.Words) / len(b.rows)
		for k, class := range b.classes {
			right += count(largest(scores.Words[k*n:(k+1)*n]) == class)
		}
		loss += w.loss(scores, b) * float64(len(b.rows))
		guessed += len(b.rows)
	}
	loss /= float64(max(guessed, 1))
	values := map[string]float64{"log_likelihood": -loss, "perplexity": math.Exp(loss), "accuracy": float64(right) / float64(max(guessed, 1))}
	return Figures{"log_likelihood", values, nil}, nil
}
