package distill

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"gonum.org/v1/gonum/stat"

	"github.com/bertsearch/bertsearch/embed"
	"github.com/bertsearch/bertsearch/internal/kernel"
	"github.com/bertsearch/bertsearch/model"
	"github.com/bertsearch/bertsearch/train"
)

// state is what changes from step to step, beside weights and optimiser.
type state struct {
	Step    int           `json:"step"`
	Tokens  int           `json:"tokens"`
	Elapsed time.Duration `json:"elapsed"`
	Losses  []float64     `json:"losses"`
	Before  Likeness      `json:"before"`

	best [][]float32 // none: the last weights are those that are wanted
}

// identify hashes everything that decides how the run goes, so that no run goes
// on from the state of another.
func identify(teacher *embed.BERT, texts []string, r Recipe) [sha256.Size]byte {
	h := sha256.New()
	encoder := json.NewEncoder(h)
	err := encoder.Encode([]any{"distill", teacher.Fingerprint(), r})
	for _, text := range texts {
		if err == nil {
			err = encoder.Encode(text)
		}
	}
	if err != nil {
		panic(err) // numbers, checked to be finite, and strings
	}
	return [sha256.Size]byte(h.Sum(nil))
}

// checkpoint is the run's.
func (d *run) checkpoint() *train.Checkpoint {
	return &train.Checkpoint{
		Path: d.control.Checkpoint, Identity: d.identity, State: &d.state, Params: d.weights.Params(), Best: &d.state.best, Optimizer: d.optimizer,
	}
}

// finish makes the result.
func (d *run) finish(ctx context.Context) (*Result, error) {
	after, err := d.likeness(ctx)
	if err != nil {
		return nil, err
	}
	student, err := d.weights.Sentence()
	if err != nil {
		return nil, fmt.Errorf("distill: %w", err)
	}
	student.Name = d.name
	return &Result{
		Student: student, Recipe: d.recipe, Texts: len(d.learnt), HeldOut: len(d.held), Before: d.state.Before, After: after,
		Losses: d.state.Losses, Tokens: d.state.Tokens, Elapsed: d.state.Elapsed,
	}, nil
}

// likeness compares student and teacher on the texts held out.
func (d *run) likeness(ctx context.Context) (Likeness, error) {
	n := len(d.held)
	if n < 2 {
		return Likeness{}, nil
	}
	wanted, err := d.teacher.Embed(ctx, embed.Passage, d.held)
	if err != nil {
		return Likeness{}, err
	}
	var vectors []float32
	for at := 0; at < n; at += d.recipe.Batch {
		if err := ctx.Err(); err != nil {
			return Likeness{}, err
		}
		b := d.batch(d.held[at:min(at+d.recipe.Batch, n)], d.teacher.MaxTokens())
		some, _, err := d.weights.Forward(d.team, b, model.ForwardOptions{})
		if err != nil {
			return Likeness{}, fmt.Errorf("distill: %w", err)
		}
		vectors = append(vectors, some...)
	}
	unit(vectors, n)
	return compare(vectors, wanted), nil
}

// compare compares unit vectors, one after the other, with a teacher's.
func compare(vectors []float32, wanted [][]float32) (l Likeness) {
	n := len(wanted)
	var mine, theirs []float64
	for i, want := range wanted {
		x := part(vectors, i, n)
		if len(x) == len(want) {
			l.Cosine += float64(kernel.Dot(x, want)) / float64(n)
		}
		for j := range i {
			mine = append(mine, float64(kernel.Dot(x, part(vectors, j, n))))
			theirs = append(theirs, float64(kernel.Dot(want, wanted[j])))
		}
	}
	if l.Scores = stat.Correlation(mine, theirs, nil); math.IsNaN(l.Scores) { // of pairs that are all alike
		l.Scores = 0
	}
	return l
}
