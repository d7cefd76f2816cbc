package train

import "fmt"

// A Recipe says how to train. The zero value is that of Sentence-Transformers
// for pairs: in-batch negatives, batches of 32, AdamW at 2e-5 with linear
// warm-up and decay, three epochs.
type Recipe struct {
	Loss         string  // one of [LossNames]; "" is "mnr", multiple negatives ranking
	Epochs       int     // passes over the examples; 0 is 3
	MaxSteps     int     // most optimiser steps; 0 is as many as the epochs have
	Batch        int     // examples of a step; 0 is 32
	LearningRate float64 // at its highest; 0 is 2e-5
	Warmup       float64 // share of the steps over which the rate rises; 0 is 0.1, negative is none
	Decay        float64 // weight decay; 0 is 0.01, negative is none
	Clip         float64 // longest gradient; 0 is 1, negative is no limit
	Dropout      float64 // 0 is the model's own, negative is none
	Length       int     // most tokens of a text; 0 is the model's own
	Layers       int     // train the last so many layers and what follows them; 0 trains everything
	LoRA         int     // train updates of this rank in place of the weights; 0 trains the weights
	Seed         uint64

	// TSDAE is the weight of a second loss that is added to the first: that of
	// rebuilding the positives of a batch from the vectors of what is left of
	// them, see [Denoiser]. The decoder for that is a part of the run and not of
	// the result. 0 is none.
	TSDAE float64 `json:",omitempty"` // checkpoints of runs without it know nothing of it

	// Keep is how many tokens go through the model at a time; 0 is 8192. A
	// batch with more is computed twice in parts, with the gradients of its
	// vectors cached in between (Gao et al., 2021, arXiv:2101.06983): a third
	// more time, the same result.
	Keep int
	// MeasureEvery so many steps a [Measure] decides whether these are the best
	// weights so far; 0 is four times over the whole run.
	MeasureEvery int
	// Patience is after how many measurements without a better one the run
	// ends; 0 is 2, negative is never.
	Patience int
	// Mixes are the shares of the change that a [Measure] weighs against each
	// other once training is done, and without one the last of them is taken;
	// nil is 1/4, 1/2, 3/4 and 1.
	Mixes []float64
}

// settled fills in the defaults, and refuses what makes no sense.
func (r Recipe) settled() (Recipe, error) {
	fill(&r.Epochs, 3)
	fill(&r.Batch, 32)
	fill(&r.LearningRate, 2e-5)
	fill(&r.Warmup, 0.1)
	fill(&r.Decay, 0.01)
	fill(&r.Clip, 1)
	fill(&r.Keep, 8192)
	fill(&r.Patience, 2)
	r.Warmup, r.Decay = max(r.Warmup, 0), max(r.Decay, 0)
	if r.Loss == "" {
		r.Loss = MultipleNegatives{}.Name()
	}
	if len(r.Mixes) == 0 {
		r.Mixes = []float64{0.25, 0.5, 0.75, 1}
	}
	return r, r.validate()
}

// validate reports the first setting that cannot be.
func (r Recipe) validate() error {
	for _, setting := range []struct {
		name         string
		value, least float64
		most         float64
	}{
		{"epochs", float64(r.Epochs), 1, 1e6}, {"steps", float64(r.MaxSteps), 0, 1e9}, {"batch", float64(r.Batch), 2, 1e6},
		{"learning rate", r.LearningRate, 0, 1}, {"warm-up", r.Warmup, 0, 1}, {"decay", r.Decay, 0, 1},
		{"dropout", r.Dropout, -1, 0.9}, {"length", float64(r.Length), 0, 1e6}, {"layers", float64(r.Layers), 0, 1e4},
		{"rank", float64(r.LoRA), 0, 1e4}, {"weight of TSDAE", r.TSDAE, 0, 1e3}, {"kept tokens", float64(r.Keep), 1, 1e9}, {"steps between measurements", float64(r.MeasureEvery), 0, 1e9},
	} {
		if !(setting.value >= setting.least && setting.value <= setting.most) {
			return fmt.Errorf("train: %s is %g: want %g to %g", setting.name, setting.value, setting.least, setting.most)
		}
	}
	for _, mix := range r.Mixes {
		if !(mix > 0 && mix <= 1) {
			return fmt.Errorf("train: a mix of %g: want a share above 0 and at most 1", mix)
		}
	}
	_, err := ParseLoss(r.Loss)
	return err
}

// fill sets a zero value to its default.
func fill[T int | float32 | float64](value *T, otherwise T) {
	if *value == 0 {
		*value = otherwise
	}
}
