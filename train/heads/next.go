package heads

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"

	"github.com/bertsearch/bertsearch/internal/nn"
	"github.com/bertsearch/bertsearch/model"
	"github.com/bertsearch/bertsearch/tokenizer"
	"github.com/bertsearch/bertsearch/train/dataset"
)

// next learns whether one stretch of text follows another (Devlin et al. 2019,
// section 3.1): two stretches of a document, one after the other, or as often
// the first of them with one of another document, drawn anew in each epoch.
// Stretches are as many whole sentences as half of the length has room for, for
// what single ones have in common is often nothing but a "the". Class 0 is "it
// follows", as in BERT.
type next struct {
	labels
	all []sample // those that are learnt from
}

// Classes of a pair.
const (
	follows = 0
	strange = 1
)

func (n *next) samples(examples []dataset.Example) ([]sample, error) {
	var err error
	n.all, err = n.pairs(examples)
	return n.all, err
}

// pairs are the stretches of each document, each with the one after it.
func (n *next) pairs(examples []dataset.Example) ([]sample, error) {
	var encoding tokenizer.Encoding
	var out []sample
	documents := 0
	for _, sentences := range sentences(examples) {
		parts := n.stretches(&encoding, sentences)
		for i := range len(parts) - 1 {
			s := n.encode(&encoding, &dataset.Example{Text: parts[i], Pair: parts[i+1]})
			s.classes, s.group = []int{follows}, documents
			out = append(out, s)
		}
		if len(parts) > 1 {
			documents++
		}
	}
	if documents < 2 {
		return nil, errors.New("heads: want two documents or more, of two sentences or more each, to learn what follows what")
	}
	return out, nil
}

// stretches joins sentences that follow each other to texts of half the length
// of a pair, or of half the document if that is less. A sentence that is longer
// is cut.
func (n *next) stretches(e *tokenizer.Encoding, sentences []string) (out []string) {
	half := (n.recipe.Length - 3) / 2 // [CLS] first [SEP] second [SEP]
	var counts []int
	total := 0
	for i, s := range sentences {
		n.tokens.Encode(e, s, half+2)
		counts = append(counts, len(e.IDs)-2)
		if counts[i] > 0 {
			sentences[i] = s[:e.Offsets[counts[i]].End]
		}
		total += counts[i]
	}
	room, used := min(half, (total+1)/2), 0
	for i, s := range sentences {
		if used += counts[i]; len(out) > 0 && used <= room {
			out[len(out)-1] += " " + s
			continue
		}
		out, used = append(out, s), counts[i]
	}
	return out
}

// draw gives half of the samples the second text of one of another document.
func draw(samples, among []sample, r *rand.Rand) []sample {
	out := slices.Clone(samples)
	for i := range out {
		if r.IntN(2) == follows {
			continue
		}
		other := among[r.IntN(len(among))]
		for other.group == out[i].group {
			other = among[r.IntN(len(among))]
		}
		out[i] = out[i].followedBy(other)
	}
	return out
}

// followedBy is the first text of s with the second of another sample.
func (s sample) followedBy(other sample) sample {
	mine, its := slices.Index(s.types, 1), slices.Index(other.types, 1)
	return sample{
		ids: slices.Concat(s.ids[:mine], other.ids[its:]), types: slices.Concat(s.types[:mine], other.types[its:]),
		classes: []int{strange}, group: s.group,
	}
}

// batch draws what follows what.
func (n *next) batch(samples []sample, seed uint64) *batch {
	return pack(draw(samples, n.all, rand.New(rand.NewPCG(seed, 0x4e5))))
}

// sentences are those of each document: examples of one group are one.
func sentences(examples []dataset.Example) (documents [][]string) {
	group := ""
	for i, e := range examples {
		if i == 0 || e.Group == "" || e.Group != group {
			documents = append(documents, nil)
		}
		group = e.Group
		last := &documents[len(documents)-1]
		*last = append(*last, sentencesOf(e.Text)...)
	}
	return documents
}

func (n *next) loss(s *model.TaskScores, b *batch) float64 {
	return nn.CrossEntropy(s.Texts, 2, b.classes, nil)
}

// measure tells pairs of the examples apart, the same ones every time.
func (n *next) measure(ctx context.Context, w *model.TrainableTask, examples []dataset.Example) (Figures, error) {
	pairs, err := n.pairs(examples)
	if err != nil {
		return Figures{}, err
	}
	samples := draw(pairs, pairs, rand.New(rand.NewPCG(n.recipe.Seed, 0x4e5)))
	scores, err := n.scores(ctx, w, samples)
	if err != nil {
		return Figures{}, err
	}
	return agreements(samples, scores), nil
}
