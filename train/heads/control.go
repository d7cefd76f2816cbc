package heads

import (
	"cmp"
	"runtime"
	"time"

	"github.com/bertsearch/bertsearch/model"
	"github.com/bertsearch/bertsearch/tokenizer"
	"github.com/bertsearch/bertsearch/train"
	"github.com/bertsearch/bertsearch/train/dataset"
)

// Job is what is learnt, from what.
type Job struct {
	Kind     Kind
	Model    *model.TaskModel // with the head that is trained; see [New]
	Writer   *model.Seq2Seq   // in its place, of [Writing]; see [NewWriter]
	Sentence *model.Sentence  // in its place, of [Denoise]
	Tokens   *tokenizer.Tokenizer
	Train    []dataset.Example
	HeldOut  []dataset.Example // to measure on; none: a share of Train is set aside, as the recipe says
	Recipe   Recipe
}

// encoder is that of the job's model.
func (j Job) encoder() *model.Encoder {
	switch j.Kind {
	case Writing:
		return j.Writer.Encoder
	case Denoise:
		return j.Sentence.Encoder
	}
	return j.Model.Encoder
}

// Control is how a run is watched and kept. Nothing in it changes the weights
// that come out.
type Control struct {
	// Checkpoint is a file that holds the state of the run, so that Run with
	// the same arguments goes on from there; "" keeps none.
	Checkpoint string
	// CheckpointEvery so many steps it is written; 0 is 100.
	CheckpointEvery int
	// Progress hears of each step.
	Progress func(train.Progress)
	// Workers is the number of cores; 0 is GOMAXPROCS.
	Workers int
	// Memory bounds the bytes of activations that are kept for the gradients;
	// what does not fit is computed again. 0 is 576 MiB.
	Memory int64
}

// settled fills in the defaults.
func (c Control) settled() Control {
	c.CheckpointEvery = cmp.Or(max(c.CheckpointEvery, 0), 100)
	c.Workers = cmp.Or(max(c.Workers, 0), runtime.GOMAXPROCS(0))
	return c
}

// Result is what a run made.
type Result struct {
	Model  *model.TaskModel // the best weights, as held-out examples have it, or the last where there are none
	Writer *model.Seq2Seq   // in its place, of [Writing]
	// Sentence is in its place of [Denoise]: what taught it is left behind.
	Sentence *model.Sentence
	// Tokenizer belongs into the model's folder: it cuts texts where training did,
	// but for [Denoise], where the model's own length stays.
	Tokenizer *tokenizer.Tokenizer
	Recipe    Recipe // with its defaults
	// Train and HeldOut are the numbers of examples.
	Train, HeldOut int
	Losses         []float64 // of each step
	Measured       []train.Measurement
	// Before and After are of the held-out examples, by the model as it was and
	// as it is; without any they are empty.
	Before, After Figures
	Best          int // step after which the weights are these
	Tokens        int
	Elapsed       time.Duration // of the steps
}
