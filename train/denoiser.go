package train

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/bertsearch/bertsearch/internal/kernel"
	"github.com/bertsearch/bertsearch/internal/nn"
	"github.com/bertsearch/bertsearch/model"
	"github.com/bertsearch/bertsearch/tokenizer"
)

const (
	// deletedShare of a text's tokens are left out of it: the best of those that
	// Wang, Reimers and Gurevych tried.
	deletedShare = 0.6
	// rebuiltAtOnce is how many tokens are rebuilt at a time. Each has a score
	// for every word: 125 MB of 30,522.
	rebuiltAtOnce = 1024
	// decoderRate is how many times as fast as the encoder the decoder learns. It
	// has never read vectors, and what it asks of them until it can is of no use:
	// at one rate for both, 40 steps of 1e-4 took the built-in model's nDCG@10 from
	// .83 to .34, while a decoder with random cross-attention learnt how often
	// words are used; with the encoder at a tenth it stayed.
	decoderRate = 10
)

// A Denoiser teaches a model of sentences texts without labels: most of a text's
// tokens are left out, what is left is embedded, and a decoder that sees that
// vector alone writes the whole text (TSDAE: Wang, Reimers and Gurevych 2021,
// arXiv:2104.06979). See [model.Rebuilder].
type Denoiser struct {
	*model.Rebuilder
	encoder *encoder
}

// NewDenoiser puts a decoder of some of the model's layers, 0 for two, behind
// weights, which are those of m in training. Texts are cut at length tokens, 0
// for the model's own length.
func NewDenoiser(m Model, weights *model.Trainable, layers, length int, seed uint64) (*Denoiser, error) {
	if layers == 0 {
		layers = min(2, weights.Config().HiddenLayers)
	}
	d := &Denoiser{encoder: newEncoder(m.Sentence, m.Tokens, length)}
	if m.Tokens.Encode(&d.encoder.buffer, "", 0); d.encoder.buffer.Len() < 2 {
		return nil, errors.New("the tokenizer has no tokens to begin and to end a text with")
	}
	var err error
	if d.Rebuilder, err = weights.Rebuilder(layers, seed); err != nil {
		return nil, fmt.Errorf("a decoder: %w", err)
	}
	for _, p := range d.Params() {
		p.Rate = decoderRate
	}
	return d, nil
}

// noisy are texts to rebuild.
type noisy struct {
	damaged model.Batch // as the encoder reads them
	whole   model.Batch // without the last token: the decoder's input
	classes []int       // without the first: what follows each token of whole
}

// parts leaves tokens out of texts, as seed has it, and packs what goes through
// the model at a time. rows is the number of tokens that are written.
func (d *Denoiser) parts(texts []string, seed uint64) (parts []*noisy, rows int) {
	random := rand.New(rand.NewPCG(seed, 0xde1))
	e, prompt := &d.encoder.buffer, d.encoder.stored.prompt
	var part *noisy
	for _, text := range texts {
		d.encoder.tokens.Encode(e, prompt+text, d.encoder.length)
		if part == nil || len(part.classes)+e.Len() > rebuiltAtOnce {
			part = &noisy{damaged: model.Batch{Prompt: d.encoder.stored.skip}}
			parts = append(parts, part)
		}
		before := len(part.classes)
		part.add(e, len(prompt), random)
		rows += len(part.classes) - before
	}
	return parts, rows
}

// add appends the text of e, whose first bytes are a prompt that is neither
// damaged nor rebuilt. At least one token of the text is left.
func (n *noisy) add(e *tokenizer.Encoding, prompt int, random *rand.Rand) {
	own := func(i int) bool { return e.Sequence[i] >= 0 && e.Offsets[i].End > prompt }
	var left []int // places of the text's tokens that are
	spare, seen := 0, 0
	for i := range e.IDs {
		if !own(i) {
			continue
		}
		if random.Float64() >= deletedShare {
			left = append(left, i)
		}
		if seen++; random.IntN(seen) == 0 {
			spare = i
		}
	}
	if len(left) == 0 {
		left = []int{spare}
	}
	var damaged, whole []int
	for i := range e.IDs {
		if _, stays := slices.BinarySearch(left, i); stays || !own(i) {
			damaged = append(damaged, i)
		}
		if own(i) || e.Sequence[i] < 0 {
			whole = append(whole, i)
		}
	}
	addTokens(&n.damaged, e, damaged)
	addTokens(&n.whole, e, whole[:len(whole)-1])
	for _, i := range whole[1:] {
		n.classes = append(n.classes, int(e.IDs[i]))
	}
}

// addTokens appends a text of some tokens of e.
func addTokens(b *model.Batch, e *tokenizer.Encoding, places []int) {
	var ids []int32
	var types []uint8
	for _, i := range places {
		ids, types = append(ids, e.IDs[i]), append(types, e.Types[i])
	}
	b.Add(ids, types)
}

// Learn adds the gradients of weight times the mean of −log p over the tokens of
// texts to those of the parameters, and returns that loss and how many tokens
// went through the model. o.Seed is also that of what is left out of the texts.
func (d *Denoiser) Learn(team *nn.Team, texts []string, weight float64, o model.ForwardOptions) (loss float64, tokens int, err error) {
	parts, rows := d.parts(texts, o.Seed)
	seed := o.Seed
	for i, p := range parts {
		o.Seed = mixSeed(seed, uint64(i))
		scores, tape, err := d.Forward(team, &p.damaged, &p.whole, o)
		if err != nil {
			return 0, 0, err
		}
		share := weight * float64(len(p.classes)) / float64(rows)
		loss += share * nn.CrossEntropy(scores, len(scores)/len(p.classes), p.classes, nil)
		kernel.Scale(scores, float32(share))
		d.Backward(team, tape, scores)
		tokens += len(p.damaged.IDs) + len(p.whole.IDs)
	}
	return loss, tokens, nil
}

// Judge calls visit with the scores of all words for each token of a text, and
// with the tokens, text by text. What is left out of the texts is always the same.
func (d *Denoiser) Judge(ctx context.Context, team *nn.Team, texts []string, visit func(scores []float32, classes []int)) error {
	parts, _ := d.parts(texts, 0)
	for _, p := range parts {
		if err := ctx.Err(); err != nil {
			return err
		}
		scores, _, err := d.Forward(team, &p.damaged, &p.whole, model.ForwardOptions{})
		if err != nil {
			return err
		}
		n := len(scores) / len(p.classes)
		for i := range p.whole.Texts() {
			from, to := p.whole.Starts[i], p.whole.Starts[i+1]
			visit(scores[from*n:to*n], p.classes[from:to])
		}
	}
	return nil
}
