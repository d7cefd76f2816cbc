package heads

import "fmt"

// A Recipe says how to train. The zero value is BERT's own (Devlin et al. 2019,
// section 4): AdamW at 2e-5, batches of 16, three epochs, linear warm-up and
// decay; of [Writing], whose decoder has not looked at another text before, 1e-4; of
// [Denoise] 1e-5, its decoder learning ten times as fast.
type Recipe struct {
	Epochs       int     // passes over the examples; 0 is 3
	MaxSteps     int     // most steps; 0 is as many as the epochs have
	Batch        int     // examples of a step; 0 is 16
	LearningRate float64 // at its highest; 0 is 2e-5, of [Writing] 1e-4, of [Denoise] 1e-5
	Warmup       float64 // share of the steps over which the rate rises; 0 is 0.1, negative is none
	Decay        float64 // weight decay; 0 is 0.01, negative is none
	Clip         float64 // longest gradient; 0 is 1, negative is no limit
	Dropout      float64 // 0 is the model's own, negative is none
	Length       int     // most tokens of a text or a pair; 0 is 128, of [Answers] and [Rerank] 384
	Layers       int     // train the last so many layers and the head; 0 trains everything
	LoRA         int     // train updates of this rank in place of the encoder's weights; 0 trains the weights
	Balance      bool    // weigh labels by how rare they are, so that each counts the same
	Mask         float64 // share of the words that [Words] guesses; 0 is 0.15
	Written      int     // most tokens of a text that [Writing] learns to write; 0 is 64
	Pick         bool    // [Writing] learns to write a sentence of those it reads, in place of the example's own text
	Smoothing    float64 // share of the probability that [Writing] wants for all words alike; 0 is none
	Decoder      int     `json:",omitempty"` // layers of the decoder of [Denoise]; 0 is 2, or all where there are fewer
	Seed         uint64

	// HeldOut is the share of the examples that is set aside to measure on,
	// where no others are given for that; 0 is 0.1, negative is none.
	HeldOut float64
	// MeasureEvery so many steps it is measured whether these are the best
	// weights so far; 0 is once an epoch.
	MeasureEvery int
	// Patience is after how many measurements without a better one the run
	// ends; 0 is 2, negative is never.
	Patience int
}

// settled fills in the defaults, and refuses what makes no sense.
func (r Recipe) settled(k Kind) (Recipe, error) {
	fill(&r.Epochs, 3)
	fill(&r.Batch, 16)
	switch k {
	case Writing:
		fill(&r.LearningRate, 1e-4)
		fill(&r.Written, 64)
	case Denoise:
		fill(&r.LearningRate, 1e-5)
	}
	fill(&r.LearningRate, 2e-5)
	fill(&r.Warmup, 0.1)
	fill(&r.Decay, 0.01)
	fill(&r.Clip, 1)
	fill(&r.Mask, 0.15)
	fill(&r.HeldOut, 0.1)
	fill(&r.Patience, 2)
	if k == Answers || k == Rerank { // passages are longer than what is classified
		fill(&r.Length, 384)
	}
	fill(&r.Length, 128)
	r.Warmup, r.Decay, r.HeldOut = max(r.Warmup, 0), max(r.Decay, 0), max(r.HeldOut, 0)
	for _, s := range []struct {
		name               string
		value, least, most float64
	}{
		{"epochs", float64(r.Epochs), 1, 1e6}, {"steps", float64(r.MaxSteps), 0, 1e9}, {"batch", float64(r.Batch), 1, 1e6},
		{"learning rate", r.LearningRate, 0, 1}, {"warm-up", r.Warmup, 0, 1}, {"decay", r.Decay, 0, 1}, {"dropout", r.Dropout, -1, 0.9},
		{"length", float64(r.Length), 4, 1e6}, {"layers", float64(r.Layers), 0, 1e4}, {"rank", float64(r.LoRA), 0, 1e4},
		{"mask", r.Mask, 0, 0.9}, {"smoothing", r.Smoothing, 0, 0.9}, {"written length", float64(r.Written), 0, 1e6}, {"layers of the decoder", float64(r.Decoder), 0, 1e4}, {"held out", r.HeldOut, 0, 0.9}, {"steps between measurements", float64(r.MeasureEvery), 0, 1e9},
	} {
		if !(s.value >= s.least && s.value <= s.most) {
			return r, fmt.Errorf("heads: %s is %g: want %g to %g", s.name, s.value, s.least, s.most)
		}
	}
	return r, nil
}

// fill sets a zero value to its default.
func fill[T int | float64](value *T, otherwise T) {
	if *value == 0 {
		*value = otherwise
	}
}
