package heads

import (
	"context"
	"fmt"
	"time"

	"github.com/bertsearch/bertsearch/train"
)

// state is what changes from step to step, beside weights and optimiser.
type state struct {
	Step     int                 `json:"step"`
	Tokens   int                 `json:"tokens"`
	Elapsed  time.Duration       `json:"elapsed"`
	Losses   []float64           `json:"losses"`
	Measured []train.Measurement `json:"measured"`
	Before   Figures             `json:"before"`
	After    Figures             `json:"after"` // of the best weights
	Each     [2][]float64        `json:"each"`  // their values
	Best     int                 `json:"best"`  // step of the best weights
	Worse    int                 `json:"worse"` // measurements since

	best [][]float32 // weights after step Best; nil while those are the first
}

// checkpoint is the run's.
func (r *run) checkpoint() *train.Checkpoint {
	return &train.Checkpoint{
		Path: r.control.Checkpoint, Identity: r.identity, State: &r.state, Params: r.Params(), Best: &r.state.best, Optimizer: r.optimizer,
	}
}

// measure judges the weights when that is due, and keeps them if they are the
// best so far.
func (r *run) measure(ctx context.Context) error {
	step, n := r.state.Step, len(r.state.Measured)
	due := step == 0 || step == r.total || step%r.recipe.MeasureEvery == 0
	if len(r.held) == 0 || !due || n > 0 && r.state.Measured[n-1].Step == step {
		return nil
	}
	figures, err := r.judge(ctx, r.team, r.held)
	if err != nil {
		return fmt.Errorf("heads: measure on the %d that are held out: %w", len(r.held), err)
	}
	r.state.Measured = append(r.state.Measured, train.Measurement{Step: step, Mean: figures.Value()})
	switch {
	case step == 0:
		r.state.Before, r.state.After = figures, figures
		r.state.Each = [2][]float64{figures.Each, figures.Each}
	case n == 1 || figures.Value() > r.state.After.Value(): // the first ones need not be better than a head that knows nothing
		r.state.Best, r.state.After, r.state.Worse = step, figures, 0
		r.state.Each[1] = figures.Each
		r.keep()
	default:
		r.state.Worse++
	}
	return nil
}

// keep copies the weights.
func (r *run) keep() {
	r.state.best = nil
	for _, p := range r.Params() {
		r.state.best = append(r.state.best, append([]float32{}, p.Value...))
	}
}

// finish makes the result of the best weights.
func (r *run) finish() (*Result, error) {
	if r.state.best != nil {
		for i, p := range r.Params() {
			copy(p.Value, r.state.best[i])
		}
		r.Refresh(r.team)
	}
	best := r.state.Best
	if len(r.held) == 0 {
		best = r.state.Step
	}
	s := &r.state
	s.Before.Each, s.After.Each = s.Each[0], s.Each[1]
	result := &Result{
		Tokenizer: r.tokens, Recipe: r.recipe, Train: r.samples(), HeldOut: len(r.held), Losses: s.Losses, Measured: s.Measured,
		Before: s.Before, After: s.After, Best: best, Tokens: s.Tokens, Elapsed: s.Elapsed,
	}
	if err := r.result(result); err != nil {
		return nil, fmt.Errorf("heads: %w", err)
	}
	return result, nil
}
