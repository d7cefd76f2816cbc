package train

import (
	"math"
	"slices"

	"github.com/bertsearch/bertsearch/internal/kernel"
	"github.com/bertsearch/bertsearch/internal/nn"
	"github.com/bertsearch/bertsearch/model"
)

// stepper computes the gradient of one batch.
type stepper struct {
	weights  *model.Trainable
	denoiser *Denoiser // nil without [Recipe.TSDAE]
	encoder  *encoder
	team     *nn.Team
	recipe   Recipe
	loss     Loss
	memory   int64
	unit     bool // the model's last module makes vectors of length 1
	dropout  float32
	examples []Example
	answers  answers
}

// trained lists what is trained.
func (s *stepper) trained() []*model.Param {
	list := slices.Clone(s.weights.Params())
	if s.denoiser != nil {
		list = append(list, s.denoiser.Params()...)
	}
	return list
}

// refresh takes over values that have changed.
func (s *stepper) refresh(team *nn.Team) {
	s.weights.Refresh(team)
	if s.denoiser != nil {
		s.denoiser.Refresh(team)
	}
}

// rebuildStream is that of what is random in rebuilding.
const rebuildStream = 1 << 32

// gradient adds the gradient of a batch of examples to the parameters' and
// returns the loss and the number of tokens.
func (s *stepper) gradient(batch []int, seed uint64) (loss float64, tokens int, err error) {
	loss, tokens, err = s.compare(batch, seed)
	if err != nil || s.denoiser == nil {
		return loss, tokens, err
	}
	var positives []string
	for _, i := range batch {
		positives = append(positives, s.examples[i].Positive)
	}
	rebuilding, more, err := s.denoiser.Learn(s.team, positives, s.recipe.TSDAE, model.ForwardOptions{
		Train: true, Dropout: s.dropout, Seed: mixSeed(seed, rebuildStream), Memory: s.memory,
	})
	return loss + rebuilding, tokens + more, err
}

// compare is gradient for the loss of the vectors. With one part the activations are
// kept; with several the vectors are computed first, then the loss, then each
// part again with its share of the gradient, dropping the same values.
func (s *stepper) compare(batch []int, seed uint64) (loss float64, tokens int, err error) {
	queries, passages, first := texts(s.examples, batch)
	parts, tokens := s.encoder.parts(queries, passages, s.recipe.Keep)
	kept := tokens <= s.recipe.Keep
	tapes := make([]*model.Tape, len(parts))
	var values []float32
	for i, part := range parts {
		vectors, tape, err := s.forward(part, kept, seed, i)
		if err != nil {
			return 0, 0, err
		}
		values, tapes[i] = append(values, vectors...), tape
	}
	v := s.vectors(batch, queries, passages, first, values)
	grad := make([]float32, len(values))
	lengths := normalize(v.Values, v.Dim, s.unit)
	loss = s.loss.Loss(v, grad)
	normalizeBackward(grad, v.Values, v.Dim, lengths)
	for i, part := range parts {
		if !kept {
			if _, tapes[i], err = s.forward(part, true, seed, i); err != nil {
				return 0, 0, err
			}
		}
		n := part.Texts() * v.Dim
		s.weights.Backward(s.team, tapes[i], grad[:n])
		tapes[i], grad = nil, grad[n:]
	}
	return loss, tokens, nil
}

// forward computes the vectors of one part.
func (s *stepper) forward(part *model.Batch, keep bool, seed uint64, index int) ([]float32, *model.Tape, error) {
	return s.weights.Forward(s.team, part, model.ForwardOptions{
		Train: keep, Dropout: s.dropout, Seed: mixSeed(seed, uint64(index)), Memory: s.memory,
	})
}

// vectors describes the batch to the loss.
func (s *stepper) vectors(batch []int, queries []string, passages []passage, first []int, values []float32) *Vectors {
	v := &Vectors{Dim: len(values) / (len(queries) + len(passages)), Count: len(queries), First: first, Values: values}
	for _, i := range batch {
		v.Targets = append(v.Targets, s.examples[i].Targets)
	}
	v.Ignore = func(query, j int) bool { return s.answers.has(queries[query], passages[j]) }
	return v
}

// normalize scales each vector to length 1 and returns the lengths that they
// had; nil where the model has done so.
func normalize(values []float32, dim int, unit bool) []float32 {
	if unit {
		return nil
	}
	var lengths []float32
	for at := 0; at < len(values); at += dim {
		x := values[at : at+dim]
		lengths = append(lengths, float32(math.Sqrt(float64(kernel.Dot(x, x)))))
		nn.Normalize(x)
	}
	return lengths
}

// normalizeBackward turns the gradient with respect to y = x/|x| into that with
// respect to x, in place: (g − (g·y)·y) / |x|.
func normalizeBackward(grad, y []float32, dim int, lengths []float32) {
	for i, length := range lengths {
		g, unit := grad[i*dim:(i+1)*dim], y[i*dim:(i+1)*dim]
		if length == 0 {
			clear(g)
			continue
		}
		kernel.Axpy(g, -kernel.Dot(g, unit), unit)
		kernel.Scale(g, 1/length)
	}
}

// mixSeed makes one seed of two (Steele, Lea and Flood, 2014, SplitMix64).
func mixSeed(a, b uint64) uint64 {
	x := a + 0x9e3779b97f4a7c15*(b+1)
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
