package embed

import (
	"context"

	"github.com/bertsearch/bertsearch/internal/kernel"
)

// Cosines between the vectors of probeTexts in int8 and in f32 from which on a
// model may be used in int8. Vectors that close rank documents alike: the nDCG@10
// of five collections moves by less than 0.003 at a mean of 0.999.
const (
	leastWorstCosine = 0.995
	leastMeanCosine  = 0.998
)

// probeTexts are what a model's int8 vectors are tested with: queries, sentences
// and passages, of several kinds and lengths.
var probeTexts = []string{
	"how to rotate the signing keys",
	"symptoms of iron deficiency in athletes",
	"longest river in Europe",
	"Is caffeine absorbed faster on an empty stomach?",
	"python read csv file without header row",
	"The museum is closed on Mondays, except in August.",
	"Order 4711 was shipped on 12 March 2024 and returned a week later.",
	"func (s *Stack) Push(v int) { s.items = append(s.items, v) }",
	"Error: connection refused while dialling tcp 10.0.0.7:5432, retrying in 30 seconds",
	"Der Zug nach München fährt heute von Gleis sieben ab.",
	"Mice that lacked the receptor gained less weight on a high-fat diet than their litter mates, and their glucose tolerance was unchanged.",
	"A bridge carries loads by bending, by compression or by tension. Arches press outwards on their abutments, " +
		"cables pull inwards on their anchors, and beams do a little of both.",
	"Dear neighbours, the water will be turned off on Thursday from nine to noon, because the main valve in the cellar " +
		"is being replaced. Please fill a few bottles beforehand. If you have questions, ring the caretaker's bell.",
	"The tenant may end the contract with three months' notice to the end of a quarter. The deposit, at most three " +
		"months' rent, is returned with interest once all claims are settled. Smaller repairs up to the agreed sum are the " +
		"tenant's; everything else, in particular heating, pipes and windows, remains with the owner, who has to be told of " +
		"damage without delay.",
	"Bread needs four things: flour, water, salt and time. Mix the first two and let them rest for half an hour, so that " +
		"the gluten forms by itself. Add salt and a little sourdough, fold the dough every thirty minutes, and leave it " +
		"overnight in a cool place. In the morning, shape it without pressing the gas out, let it rise once more, and bake it " +
		"in a very hot oven with steam for the first ten minutes. It is done when it sounds hollow. Wait an hour before you " +
		"cut it, however hard that may be.",
}

// Settle decides between f32 and int8 where the options left it open, and
// returns b or the embedder to use in its place. It is int8 if this processor
// multiplies bytes fast and the vectors of some texts come out nearly as in f32:
// a cosine of 0.995 or more for each, and 0.998 or more on average. A new
// database settles its model and keeps to it: see [BERT.At]. Testing takes about
// as long as embedding a few dozen sentences; the built-in model has been tested.
func (b *BERT) Settle(ctx context.Context) (*BERT, error) {
	if !b.auto || b.tested {
		return b, nil
	}
	exact, err := b.in(F32)
	if err != nil || !kernel.Int8Pays() {
		return exact, err
	}
	rounded, err := b.in(Int8)
	if err != nil {
		return nil, err
	}
	if ok, err := alike(ctx, exact, rounded); err != nil || !ok {
		return exact, err
	}
	return rounded, nil
}

// in is b in precision p.
func (b *BERT) in(p Precision) (*BERT, error) {
	if b.options.Precision == p {
		return b, nil
	}
	return b.variant(b.sentence, p)
}

// alike says whether the vectors of the probe texts by two embedders are close
// enough for one to stand for the other.
func alike(ctx context.Context, a, b Embedder) (bool, error) {
	x, err := a.Embed(ctx, Passage, probeTexts)
	if err != nil {
		return false, err
	}
	y, err := b.Embed(ctx, Passage, probeTexts)
	if err != nil {
		return false, err
	}
	worst, sum := float32(1), float32(0)
	for i := range x {
		cosine := kernel.Dot(x[i], y[i])
		worst, sum = min(worst, cosine), sum+cosine
	}
	return worst >= leastWorstCosine && sum/float32(len(x)) >= leastMeanCosine, nil
}

// At returns b, or b in the other precision, whichever has the given
// fingerprint. It reports false where neither has, and where the precision was
// asked for, unless b itself has it.
func (b *BERT) At(fingerprint string) (*BERT, bool) {
	if b.fingerprint == fingerprint {
		return b, true
	}
	if !b.auto {
		return nil, false
	}
	for _, p := range []Precision{F32, Int8} {
		if b.identity(p) == fingerprint {
			v, err := b.in(p)
			return v, err == nil
		}
	}
	return nil, false
}
