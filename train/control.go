package train

import (
	"cmp"
	"context"
	"runtime"
	"time"

	"github.com/bertsearch/bertsearch/model"
)

// Control is how a run is watched and kept. Nothing in it changes the weights
// that come out, but for a Measure. The zero value trains to the end and keeps
// nothing on disk.
type Control struct {
	// Measure judges a model on what is not trained on: one value a question,
	// the same questions in the same order every time, higher being better.
	// Nil keeps all of the change.
	Measure Measure
	// Checkpoint is a file that holds the state of the run, so that Run with
	// the same arguments goes on from there; "" keeps none.
	Checkpoint string
	// CheckpointEvery so many steps it is written; 0 is 25.
	CheckpointEvery int
	// Progress hears of each step.
	Progress func(Progress)
	// Workers is the number of cores; 0 is GOMAXPROCS.
	Workers int
	// Yield is called by each worker between pieces of about a millisecond, and
	// may wait there while the machine has something more urgent to do; nil is
	// never.
	Yield func()
	// Memory bounds the bytes of activations that are kept for the gradients;
	// what does not fit is computed again. 0 is 576 MiB.
	Memory int64
}

// Measure judges a model; see [Control].
type Measure func(context.Context, *model.Sentence) ([]float64, error)

// Progress is how far a run has come.
type Progress struct {
	Step, Steps int
	Loss        float64
	Tokens      int           // trained on so far
	Elapsed     time.Duration // of training, interruptions left out
	Remaining   time.Duration // of training, at the speed so far
	// Measured is the mean of the last measurement, and Best that of the best
	// one; both are 0 without any.
	Measured, Best float64
}

// Embedding is how far the documents have been embedded again with a new model.
type Embedding struct {
	// Done of Total documents: those that lacked vectors when this began, which
	// are fewer than all where a run is resumed, and those changed since.
	Done, Total int
	Elapsed     time.Duration
}

// Remaining is the time left at the speed so far, 0 while that is not known.
func (e Embedding) Remaining() time.Duration {
	if e.Done == 0 {
		return 0
	}
	return time.Duration(float64(e.Elapsed) / float64(e.Done) * float64(max(e.Total-e.Done, 0)))
}

// settled fills in the defaults.
func (c Control) settled() Control {
	c.CheckpointEvery = cmp.Or(max(c.CheckpointEvery, 0), 25)
	c.Workers = cmp.Or(max(c.Workers, 0), runtime.GOMAXPROCS(0))
	return c
}
