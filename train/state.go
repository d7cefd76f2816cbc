package train

import (
	"context"
	"fmt"
	"time"

	"github.com/bertsearch/bertsearch/model"
)

// state is what changes from step to step, beside weights and optimiser.
type state struct {
	Step     int           `json:"step"`
	Tokens   int           `json:"tokens"`
	Elapsed  time.Duration `json:"elapsed"`
	Losses   []float64     `json:"losses"`
	Measured []Measurement `json:"measured"`
	Before   []float64     `json:"before"` // values of the base
	Best     int           `json:"best"`   // step of the best weights, 0 for the base
	After    []float64     `json:"after"`  // values of the best weights
	Worse    int           `json:"worse"`  // measurements since

	best [][]float32 // weights after step Best; nil while that is 0
}

// measured is the step after which weights were last measured, −1 for none.
func (s *state) measured() int {
	if n := len(s.Measured); n > 0 {
		return s.Measured[n-1].Step
	}
	return -1
}

// baseline measures the model before the first step, unless a run that is
// resumed has done so.
func (r *run) baseline(ctx context.Context, base *model.Sentence) error {
	if r.control.Measure == nil || r.state.measured() >= 0 {
		return nil
	}
	values, err := r.measure(ctx, base)
	if err != nil {
		return err
	}
	r.state.Before, r.state.After = values, values
	r.state.Measured = []Measurement{{0, mean(values)}}
	return nil
}

// judge measures the weights when that is due, and keeps them if they are the
// best so far.
func (r *run) judge(ctx context.Context) error {
	step := r.state.Step
	if r.control.Measure == nil || r.state.measured() == step || step%r.recipe.MeasureEvery != 0 && step != r.total {
		return nil
	}
	s, err := r.weights.Sentence()
	if err != nil {
		return fmt.Errorf("train: %w", err)
	}
	values, err := r.measure(ctx, s)
	if err != nil {
		return err
	}
	r.state.Measured = append(r.state.Measured, Measurement{step, mean(values)})
	if mean(values) <= mean(r.state.After) {
		r.state.Worse++
		return nil
	}
	r.state.Best, r.state.After, r.state.Worse = step, values, 0
	r.state.best = copyValues(r.params)
	return nil
}

// stalled reports that the run has not got better for too long.
func (r *run) stalled() bool {
	return r.recipe.Patience >= 0 && r.state.Worse > r.recipe.Patience
}

// measure asks the caller's judge.
func (r *run) measure(ctx context.Context, s *model.Sentence) ([]float64, error) {
	r.weights.Release() // the measurement needs memory of its own
	values, err := r.control.Measure(ctx, s)
	if err != nil {
		return nil, fmt.Errorf("train: measure: %w", err)
	}
	if r.state.Before != nil && len(values) != len(r.state.Before) {
		return nil, fmt.Errorf("train: measure: %d values, %d before: they must be of the same questions", len(values), len(r.state.Before))
	}
	return values, nil
}

// mean is 0 of no values.
func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(max(len(values), 1))
}

// copyValues copies the values of parameters.
func copyValues(params []*model.Param) [][]float32 {
	values := make([][]float32, len(params))
	for i, p := range params {
		values[i] = append([]float32{}, p.Value...)
	}
	return values
}
