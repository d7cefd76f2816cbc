package heads

import (
	"context"
	"fmt"

	"github.com/bertsearch/bertsearch/internal/nn"
	"github.com/bertsearch/bertsearch/model"
	"github.com/bertsearch/bertsearch/train"
	"github.com/bertsearch/bertsearch/train/dataset"
)

// denoising learns texts by rebuilding them from their vectors; see
// [train.Denoiser]. Of an example it reads the text alone.
type denoising struct {
	weights  *model.Trainable
	denoiser *train.Denoiser
	params   []*model.Param
	texts    []string
}

func newDenoising(j Job, recipe Recipe, o *model.TrainableOptions, examples []dataset.Example) (*denoising, error) {
	weights, err := j.Sentence.Trainable(o)
	if err != nil {
		return nil, fmt.Errorf("heads: %w", err)
	}
	d := &denoising{weights: weights, texts: textsOf(examples)}
	if d.denoiser, err = train.NewDenoiser(train.Model{Sentence: j.Sentence, Tokens: j.Tokens}, weights, recipe.Decoder, recipe.Length, recipe.Seed); err != nil {
		return nil, fmt.Errorf("heads: %w", err)
	}
	d.params = append(append(d.params, weights.Params()...), d.denoiser.Params()...)
	return d, nil
}

func textsOf(examples []dataset.Example) []string {
	texts := make([]string, len(examples))
	for i := range examples {
		texts[i] = examples[i].Text
	}
	return texts
}

func (d *denoising) Params() []*model.Param { return d.params }

func (d *denoising) ZeroGrad() {
	for _, p := range d.params {
		clear(p.Grad)
	}
}

func (d *denoising) Refresh(team *nn.Team) {
	d.weights.Refresh(team)
	d.denoiser.Refresh(team)
}

func (d *denoising) samples() int { return len(d.texts) }

func (d *denoising) learn(team *nn.Team, samples []int, o model.ForwardOptions) (loss float64, tokens int, err error) {
	var texts []string
	for _, i := range samples {
		texts = append(texts, d.texts[i])
	}
	return d.denoiser.Learn(team, texts, 1, o)
}

// judge measures how probable the tokens of examples are, each after the right
// ones and what the vector says.
func (d *denoising) judge(ctx context.Context, team *nn.Team, examples []dataset.Example) (Figures, error) {
	var g guesses
	err := d.denoiser.Judge(ctx, team, textsOf(examples), g.add)
	return g.figures(), err
}

func (d *denoising) result(r *Result) (err error) {
	r.Sentence, err = d.weights.Sentence()
	return err
}
