package train

import (
	"context"
	"fmt"
	"strings"
)

// mix weighs shares of the change against each other: base + share·(tuned −
// base). What is learnt is mostly kept at a share of a half, and what the base
// could do elsewhere is mostly kept too (Wortsman et al., 2022, WiSE-FT,
// arXiv:2109.01903). Without a Measure the last share of Mixes is taken.
func (r *run) mix(ctx context.Context) error {
	tuned := r.state.best
	if tuned == nil {
		tuned = copyValues(r.params)
	}
	if r.control.Measure == nil {
		return r.choose(tuned, r.recipe.Mixes[len(r.recipe.Mixes)-1])
	}
	best, share := mean(r.state.Before), 0.0
	r.result.After = r.state.Before
	for _, candidate := range r.recipe.Mixes {
		values, err := r.measureMix(ctx, tuned, candidate)
		if err != nil {
			return err
		}
		r.result.Mixes = append(r.result.Mixes, Mixed{candidate, mean(values)})
		if mean(values) > best {
			best, share, r.result.After = mean(values), candidate, values
		}
	}
	return r.choose(tuned, share)
}

// measureMix measures one share. All of the change was measured in training if
// it has the best weights.
func (r *run) measureMix(ctx context.Context, tuned [][]float32, share float64) ([]float64, error) {
	if share == 1 && r.state.Best > 0 {
		return r.state.After, nil
	}
	r.blend(tuned, share)
	s, err := r.weights.Sentence()
	if err != nil {
		return nil, fmt.Errorf("train: %w", err)
	}
	return r.measure(ctx, s)
}

// choose makes the result of a share of the change; 0 makes none.
func (r *run) choose(tuned [][]float32, share float64) error {
	r.result.Mix = share
	if share == 0 {
		return nil
	}
	r.blend(tuned, share)
	s, err := r.weights.Sentence()
	if err != nil {
		return fmt.Errorf("train: %w", err)
	}
	r.result.Sentence = s
	return nil
}

// blend sets the weights to base + share·(tuned − base). A low-rank update is
// the product of two matrices, of which the second begins as zeros and carries
// the share alone.
func (r *run) blend(tuned [][]float32, share float64) {
	for i, p := range r.params {
		if share == 1 || strings.HasSuffix(p.Name, ".lora_A.weight") {
			copy(p.Value, tuned[i])
			continue
		}
		for k, base := range r.base[i] {
			p.Value[k] = base + float32(share)*(tuned[i][k]-base)
		}
	}
	r.refresh(r.team)
}

// finish completes the result.
func (r *run) finish() *Result {
	s := &r.state
	r.result.Steps, r.result.Best = s.Step, s.Best
	r.result.Losses, r.result.Measured, r.result.Before = s.Losses, s.Measured, s.Before
	r.result.Tokens, r.result.Elapsed = s.Tokens, s.Elapsed
	return &r.result
}
