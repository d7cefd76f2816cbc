package train

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/bertsearch/bertsearch/internal/nn"
	"github.com/bertsearch/bertsearch/model"
	"github.com/bertsearch/bertsearch/tokenizer"
)

// Model is what is trained: a sentence model and the tokenizer it belongs to.
type Model struct {
	Sentence *model.Sentence
	Tokens   *tokenizer.Tokenizer
}

// A Result is what [Run] made.
type Result struct {
	// Sentence has the new weights, and no digest until it is saved. It is nil
	// if none of the mixes is better than the base.
	Sentence *model.Sentence
	// Steps that were made, and Best, the one whose weights were the best.
	Steps, Best int
	// Losses has the loss of each step.
	Losses []float64
	// Measured are the means of Measure and the steps they were taken after,
	// the first of the base.
	Measured []Measurement
	// Mix is the share of the change that was kept, 0 for none. Mixes has what
	// each share measured.
	Mix   float64
	Mixes []Mixed
	// Before and After are the values of Measure for the base and for Sentence.
	Before, After []float64
	Tokens        int
	Elapsed       time.Duration // of the steps
}

// Measurement is the mean of a Measure after a step.
type Measurement struct {
	Step int     `json:"step"`
	Mean float64 `json:"mean"`
}

// Mixed is the mean of a Measure at a share of the change.
type Mixed struct {
	Share float64 `json:"share"`
	Mean  float64 `json:"mean"`
}

// Run trains m on examples. m itself stays as it is. A cancelled ctx ends the
// run between two steps with ctx.Err(), after a last checkpoint.
func Run(ctx context.Context, m Model, examples []Example, recipe Recipe, c Control) (*Result, error) {
	r, err := newRun(m, examples, recipe, c)
	if err != nil {
		return nil, err
	}
	defer r.team.Close()
	if err := r.resume(); err != nil {
		return nil, err
	}
	if err := r.baseline(ctx, m.Sentence); err != nil {
		return nil, err
	}
	if err := r.steps(ctx); err != nil {
		return nil, err
	}
	if err := r.mix(ctx); err != nil {
		return nil, err
	}
	return r.finish(), nil
}

// run is one training run.
type run struct {
	stepper
	params    []*model.Param
	base      [][]float32 // the values of params before the first step
	optimizer *AdamW
	identity  [32]byte // of everything that decides how the run goes
	total     int      // steps
	control   Control
	state     state
	result    Result
}

func newRun(m Model, examples []Example, recipe Recipe, c Control) (*run, error) {
	recipe, err := recipe.settled()
	if err != nil {
		return nil, err
	}
	loss, _ := ParseLoss(recipe.Loss) // settled has refused an unknown one
	if err := checkExamples(examples, loss); err != nil {
		return nil, err
	}
	weights, err := m.Sentence.Trainable(recipe.trainable())
	if err != nil {
		return nil, fmt.Errorf("train: %w", err)
	}
	r := &run{control: c.settled()}
	r.stepper = stepper{
		weights: weights, encoder: newEncoder(m.Sentence, m.Tokens, recipe.Length), recipe: recipe, loss: loss, memory: c.Memory,
		unit: m.Sentence.Normalize, dropout: recipe.dropout(m.Sentence), examples: examples, answers: newAnswers(examples),
	}
	if recipe.TSDAE > 0 {
		if r.denoiser, err = NewDenoiser(m, weights, 0, recipe.Length, recipe.Seed); err != nil {
			return nil, fmt.Errorf("train: rebuilding texts: %w", err)
		}
	}
	r.params = r.trained()
	r.base = copyValues(r.params)
	r.optimizer = NewAdamW(r.params, AdamWOptions{Decay: recipe.Decay})
	r.total = r.countSteps()
	if r.recipe.MeasureEvery == 0 {
		r.recipe.MeasureEvery = max(1, (r.total+3)/4)
	}
	r.identity = r.identify(m)
	r.team = nn.NewTeam(r.control.Workers)
	r.team.YieldTo(r.control.Yield)
	return r, nil
}

// checkExamples reports the first example that cannot be learnt from.
func checkExamples(examples []Example, loss Loss) error {
	if len(examples) == 0 {
		return errors.New("train: there are no examples")
	}
	for i, e := range examples {
		err := e.Validate()
		if err == nil {
			err = loss.Check(e)
		}
		if err != nil {
			return fmt.Errorf("train: example %d (query %.60q): %w", i, e.Query, err)
		}
	}
	return nil
}

// trainable says which weights change.
func (r Recipe) trainable() *model.TrainableOptions {
	t := &model.TrainableOptions{Layers: r.Layers}
	if r.LoRA > 0 {
		t.LoRA = &model.LoRA{Rank: r.LoRA, Alpha: float32(2 * r.LoRA), Seed: r.Seed}
	}
	return t
}

// dropout is the probability with which a value is dropped.
func (r Recipe) dropout(s *model.Sentence) float32 {
	if r.Dropout == 0 {
		return float32(s.Encoder.Config.HiddenDropout)
	}
	return float32(max(r.Dropout, 0))
}

// countSteps is the number of batches of all epochs, at most MaxSteps.
func (r *run) countSteps() int {
	n := 0
	for epoch := range r.recipe.Epochs {
		n += len(order(r.examples, r.recipe.Batch, r.recipe.Seed, epoch))
		if r.recipe.MaxSteps > 0 && n >= r.recipe.MaxSteps {
			return r.recipe.MaxSteps
		}
	}
	return n
}

// steps trains from the state's step to the end, or to where it stops getting better.
func (r *run) steps(ctx context.Context) error {
	step := 0
	for epoch := 0; step < r.total; epoch++ {
		for _, batch := range order(r.examples, r.recipe.Batch, r.recipe.Seed, epoch) {
			if step++; step <= r.state.Step || step > r.total {
				continue
			}
			if err := r.judge(ctx); err != nil {
				return r.interrupted(err)
			}
			if r.stalled() {
				return nil
			}
			if err := ctx.Err(); err != nil {
				return r.interrupted(err)
			}
			if err := r.step(batch); err != nil {
				return err
			}
		}
	}
	if err := r.judge(ctx); err != nil {
		return r.interrupted(err)
	}
	return nil
}

// step trains on one batch.
func (r *run) step(batch []int) error {
	began := time.Now()
	for _, p := range r.params {
		clear(p.Grad)
	}
	loss, tokens, err := r.gradient(batch, mixSeed(r.recipe.Seed, uint64(r.state.Step)))
	if err != nil {
		return fmt.Errorf("train: step %d: %w", r.state.Step+1, err)
	}
	if math.IsNaN(loss) || math.IsInf(loss, 0) {
		return fmt.Errorf("train: step %d: the loss is %g: try a lower learning rate than %g", r.state.Step+1, loss, r.recipe.LearningRate)
	}
	if r.recipe.Clip > 0 {
		Clip(r.params, r.recipe.Clip)
	}
	warm := int(r.recipe.Warmup*float64(r.total) + 0.5)
	r.optimizer.Step(r.recipe.LearningRate * LinearWarmup(r.state.Step, r.total, warm))
	r.refresh(r.team)
	r.state.Step++
	r.state.Tokens += tokens
	r.state.Losses = append(r.state.Losses, loss)
	r.state.Elapsed += time.Since(began)
	r.report(loss)
	if r.state.Step%r.control.CheckpointEvery == 0 || r.state.Step == r.total {
		return r.save()
	}
	return nil
}

// interrupted keeps what is done before the run ends early with err.
func (r *run) interrupted(err error) error {
	return errors.Join(err, r.save())
}

// report tells the progress.
func (r *run) report(loss float64) {
	if r.control.Progress == nil {
		return
	}
	p := Progress{Step: r.state.Step, Steps: r.total, Loss: loss, Tokens: r.state.Tokens, Elapsed: r.state.Elapsed}
	p.Remaining = time.Duration(float64(p.Elapsed) / float64(p.Step) * float64(p.Steps-p.Step))
	if n := len(r.state.Measured); n > 0 {
		p.Measured, p.Best = r.state.Measured[n-1].Mean, mean(r.state.After)
	}
	r.control.Progress(p)
}
