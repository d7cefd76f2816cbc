package heads

import (
	"context"
	"fmt"

	"github.com/bertsearch/bertsearch/internal/nn"
	"github.com/bertsearch/bertsearch/model"
	"github.com/bertsearch/bertsearch/train/dataset"
)

// headed learns what a head is for.
type headed struct {
	*model.TrainableTask
	objective objective
	list      []sample
}

func newHeaded(j Job, recipe Recipe, workers int, o *model.TrainableOptions, examples []dataset.Example) (*headed, error) {
	goal, err := newObjective(j.Kind, trained{j.Model, j.Tokens, recipe, workers})
	if err != nil {
		return nil, err
	}
	h := &headed{objective: goal}
	if h.list, err = goal.samples(examples); err != nil {
		return nil, err
	}
	if h.TrainableTask, err = j.Model.Trainable(o); err != nil {
		return nil, fmt.Errorf("heads: %w", err)
	}
	return h, nil
}

func (h *headed) samples() int { return len(h.list) }

// batch packs samples; seed is of what is drawn at random.
func (h *headed) batch(samples []int, seed uint64) *batch {
	var list []sample
	for _, i := range samples {
		list = append(list, h.list[i])
	}
	return h.objective.batch(list, seed)
}

func (h *headed) learn(team *nn.Team, samples []int, o model.ForwardOptions) (loss float64, tokens int, err error) {
	b := h.batch(samples, o.Seed)
	scores, tape, err := h.Forward(team, &b.Batch, b.rows, o)
	if err != nil {
		return 0, 0, err
	}
	loss = h.objective.loss(scores, b)
	h.Backward(team, tape, scores)
	return loss, len(b.IDs), nil
}

func (h *headed) judge(ctx context.Context, _ *nn.Team, examples []dataset.Example) (Figures, error) {
	return h.objective.measure(ctx, h.TrainableTask, examples)
}

func (h *headed) result(r *Result) (err error) {
	r.Model, err = h.Task()
	return err
}
