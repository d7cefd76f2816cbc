package distill

import (
	"cmp"
	"fmt"
	"runtime"
	"slices"
	"time"

	"github.com/bertsearch/bertsearch/model"
	"github.com/bertsearch/bertsearch/train"
)

// Target is what a student learns of its teacher.
type Target string

// The targets.
const (
	Vectors Target = "vectors" // of the same dimension: the squared distance is least
	Scores  Target = "scores"  // the cosines between the texts of a batch
)

// Targets lists all.
func Targets() []Target { return []Target{Vectors, Scores} }

// Recipe says how to train. Zero values are the defaults.
type Recipe struct {
	Layers       int     // of the student; 0 is half of the teacher's, or all of a narrower one
	Hidden       int     // size of the student's hidden states; 0 is the teacher's
	Learn        Target  // "" is Vectors
	Epochs       int     // passes over the texts; 0 is 1
	MaxSteps     int     // most steps; 0 is as many as the epochs have
	Batch        int     // texts of a step; 0 is 32
	LearningRate float64 // at its highest; 0 is 3e-4, of a narrower student 5e-4
	HeldOut      int     // texts that are measured on and not learnt from; 0 is a tenth, at most 500
	Seed         uint64
}

// settled fills in the defaults for a teacher and texts, and refuses what makes no sense.
func (r Recipe) settled(teacher model.Config, texts int) (Recipe, error) {
	r.Hidden = cmp.Or(r.Hidden, teacher.HiddenSize)
	layers, rate := max(1, teacher.HiddenLayers/2), 3e-4
	if r.Hidden != teacher.HiddenSize {
		layers, rate = teacher.HiddenLayers, 5e-4
	}
	r.Layers, r.Learn = cmp.Or(r.Layers, layers), cmp.Or(r.Learn, Vectors)
	r.Epochs, r.Batch, r.LearningRate = cmp.Or(r.Epochs, 1), cmp.Or(r.Batch, 32), cmp.Or(r.LearningRate, rate)
	r.HeldOut = cmp.Or(r.HeldOut, min(500, texts/10))
	switch {
	case !slices.Contains(Targets(), r.Learn):
		return r, fmt.Errorf("distill: there is no target %q: want one of %q", r.Learn, Targets())
	case r.Epochs < 0 || r.MaxSteps < 0 || r.Batch < 1 || r.HeldOut < 0 || !(r.LearningRate > 0 && r.LearningRate <= 1):
		return r, fmt.Errorf("distill: a recipe of %+v", r)
	case r.Learn == Scores && r.Batch < 2:
		return r, fmt.Errorf("distill: scores are of pairs in a batch: want a batch of 2 texts or more, not %d", r.Batch)
	case texts <= r.HeldOut || texts < 2:
		return r, fmt.Errorf("distill: %d texts, of which %d are held out: there is nothing to learn from", texts, r.HeldOut)
	}
	return r, nil
}

// Control is how a run is watched and kept. Nothing in it changes the weights
// that come out.
type Control struct {
	// Checkpoint is a file that holds the state of the run, so that Run with
	// the same arguments goes on from there; "" keeps none.
	Checkpoint string
	// CheckpointEvery so many steps it is written; 0 is 25.
	CheckpointEvery int
	// Progress hears of each step.
	Progress func(train.Progress)
	// Workers is the number of cores; 0 is GOMAXPROCS.
	Workers int
}

// settled fills in the defaults.
func (c Control) settled() Control {
	c.CheckpointEvery = cmp.Or(max(c.CheckpointEvery, 0), 25)
	c.Workers = cmp.Or(max(c.Workers, 0), runtime.GOMAXPROCS(0))
	return c
}

// Likeness is how much a student is like its teacher on texts.
type Likeness struct {
	// Cosine is the mean cosine between the vectors of both; 0 if they have
	// different dimensions.
	Cosine float64 `json:"cosine"`
	// Scores is the correlation (Pearson's) between the cosines of all pairs of
	// texts by the one and by the other.
	Scores float64 `json:"scores"`
}

// Result is what a run made.
type Result struct {
	Student *model.Sentence
	Recipe  Recipe // with its defaults
	Texts   int    // that were learnt from
	HeldOut int
	// Before and After are of the texts that were held out; without any, they are 0.
	Before, After Likeness
	Losses        []float64 // of each step
	Tokens        int
	Elapsed       time.Duration // of the steps
}
