package embed

import (
	"context"

	"github.com/bertsearch/bertsearch/internal/kernel"
	"github.com/bertsearch/bertsearch/internal/probe"
)

// Cosines between the vectors of [probe.Texts] in int8 and in f32 from which on a
// model may be used in int8. Vectors that close rank documents alike: the nDCG@10
// of five collections moves by less than 0.003 at a mean of 0.999.
const (
	leastWorstCosine = 0.995
	leastMeanCosine  = 0.998
)

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
	x, err := a.Embed(ctx, Passage, probe.Texts)
	if err != nil {
		return false, err
	}
	y, err := b.Embed(ctx, Passage, probe.Texts)
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
