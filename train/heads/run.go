package heads

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/bertsearch/bertsearch/internal/nn"
	"github.com/bertsearch/bertsearch/model"
	"github.com/bertsearch/bertsearch/train"
	"github.com/bertsearch/bertsearch/train/dataset"
)

// Run trains a model with a head; the job's stays as it is. A cancelled ctx
// ends the run between two steps with ctx.Err(), after a last checkpoint.
func Run(ctx context.Context, j Job, c Control) (*Result, error) {
	r, err := newRun(j, c)
	if err != nil {
		return nil, err
	}
	defer r.team.Close()
	found, err := r.checkpoint().Load()
	if err != nil {
		return nil, err
	}
	if found {
		r.weights.Refresh(r.team)
	}
	if err := r.steps(ctx); err != nil {
		return nil, err
	}
	return r.finish()
}

// run is one training run.
type run struct {
	objective
	recipe    Recipe
	control   Control
	weights   *model.TrainableTask
	optimizer *train.AdamW
	team      *nn.Team
	train     []sample
	held      []dataset.Example
	dropout   float32
	identity  [sha256.Size]byte
	epoch     int // steps of one
	total     int // steps
	state     state
}

func newRun(j Job, c Control) (*run, error) {
	recipe, err := j.Recipe.settled(j.Kind)
	if err != nil {
		return nil, err
	}
	r := &run{recipe: recipe, control: c.settled(), held: j.HeldOut}
	examples := j.Train
	if len(r.held) == 0 && recipe.HeldOut > 0 {
		examples, r.held = Split(examples, recipe.HeldOut, recipe.Seed)
	}
	if r.objective, err = newObjective(j.Kind, trained{j.Model, j.Tokens, recipe, r.control.Workers}); err != nil {
		return nil, err
	}
	if len(examples) == 0 {
		return nil, errors.New("heads: there are no examples to learn from")
	}
	if r.train, err = r.samples(examples); err != nil {
		return nil, err
	}
	options := &model.TrainableOptions{Layers: recipe.Layers}
	if recipe.LoRA > 0 {
		options.LoRA = &model.LoRA{Rank: recipe.LoRA, Alpha: float32(2 * recipe.LoRA), Seed: recipe.Seed}
	}
	if r.weights, err = j.Model.Trainable(options); err != nil {
		return nil, fmt.Errorf("heads: %w", err)
	}
	if r.dropout = float32(max(recipe.Dropout, 0)); recipe.Dropout == 0 {
		r.dropout = float32(j.Model.Encoder.Config.HiddenDropout)
	}
	r.optimizer = train.NewAdamW(r.weights.Params(), train.AdamWOptions{Decay: recipe.Decay})
	r.plan()
	r.identity = identify(j, recipe, len(r.train))
	r.team = nn.NewTeam(r.control.Workers)
	return r, nil
}

// plan counts the steps.
func (r *run) plan() {
	r.epoch = (len(r.train) + r.recipe.Batch - 1) / r.recipe.Batch
	r.total = r.epoch * r.recipe.Epochs
	if r.recipe.MaxSteps > 0 {
		r.total = min(r.total, r.recipe.MaxSteps)
	}
	if r.recipe.MeasureEvery == 0 {
		r.recipe.MeasureEvery = r.epoch
	}
}

// identify hashes everything that decides how the run goes, so that no run goes
// on from the state of another.
func identify(j Job, recipe Recipe, samples int) [sha256.Size]byte {
	h := sha256.New()
	encoder := json.NewEncoder(h)
	err := encoder.Encode([]any{j.Kind, j.Model.Digest, j.Model.Task, j.Model.Labels, j.Model.Problem, j.Tokens.Fingerprint(), recipe, samples})
	for _, list := range [][]dataset.Example{j.Train, j.HeldOut} {
		for i := range list {
			err = errors.Join(err, encoder.Encode(&list[i]))
		}
	}
	if err != nil {
		panic(err) // numbers, checked to be finite, and strings
	}
	return [sha256.Size]byte(h.Sum(nil))
}

// steps trains from the state's step to the end, or to where it stops getting better.
func (r *run) steps(ctx context.Context) error {
	for {
		if err := r.judge(ctx); err != nil {
			return errors.Join(err, r.checkpoint().Save())
		}
		if r.state.Step == r.total || r.recipe.Patience >= 0 && r.state.Worse > r.recipe.Patience {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return errors.Join(err, r.checkpoint().Save())
		}
		if err := r.step(); err != nil {
			return err
		}
	}
}

// next is the batch of the next step, and the seed of its dropout: both follow
// from the number of the step.
func (r *run) next() (*batch, uint64) {
	seed := rand.New(rand.NewPCG(r.recipe.Seed, uint64(r.state.Step)+1<<32)).Uint64()
	order := rand.New(rand.NewPCG(r.recipe.Seed, uint64(r.state.Step/r.epoch))).Perm(len(r.train))
	at := r.state.Step % r.epoch * r.recipe.Batch
	var samples []sample
	for _, i := range order[at:min(at+r.recipe.Batch, len(order))] {
		samples = append(samples, r.train[i])
	}
	return r.batch(samples, seed), seed
}

// step trains on one batch.
func (r *run) step() error {
	began := time.Now()
	b, seed := r.next()
	loss, err := r.gradient(b, seed)
	if err != nil {
		return fmt.Errorf("heads: step %d: %w", r.state.Step+1, err)
	}
	if math.IsNaN(loss) || math.IsInf(loss, 0) {
		return fmt.Errorf("heads: step %d: the loss is %g: try a lower learning rate than %g", r.state.Step+1, loss, r.recipe.LearningRate)
	}
	params := r.weights.Params()
	if r.recipe.Clip > 0 {
		train.Clip(params, r.recipe.Clip)
	}
	warm := int(r.recipe.Warmup*float64(r.total) + 0.5)
	r.optimizer.Step(r.recipe.LearningRate * train.LinearWarmup(r.state.Step, r.total, warm))
	r.weights.Refresh(r.team)
	r.state.Step++
	r.state.Tokens += len(b.IDs)
	r.state.Losses = append(r.state.Losses, loss)
	r.state.Elapsed += time.Since(began)
	r.report(loss)
	if r.state.Step%r.control.CheckpointEvery == 0 || r.state.Step == r.total {
		return r.checkpoint().Save()
	}
	return nil
}

// gradient sets the parameters' gradients to those of a batch.
func (r *run) gradient(b *batch, seed uint64) (float64, error) {
	r.weights.ZeroGrad()
	scores, tape, err := r.weights.Forward(r.team, &b.Batch, b.rows, model.ForwardOptions{
		Train: true, Dropout: r.dropout, Seed: seed, Memory: r.control.Memory,
	})
	if err != nil {
		return 0, err
	}
	loss := r.loss(scores, b)
	r.weights.Backward(r.team, tape, scores)
	return loss, nil
}

// report tells the progress.
func (r *run) report(loss float64) {
	if r.control.Progress == nil {
		return
	}
	p := train.Progress{Step: r.state.Step, Steps: r.total, Loss: loss, Tokens: r.state.Tokens, Elapsed: r.state.Elapsed}
	p.Remaining = time.Duration(float64(p.Elapsed) / float64(p.Step) * float64(p.Steps-p.Step))
	if n := len(r.state.Measured); n > 0 {
		p.Measured, p.Best = r.state.Measured[n-1].Mean, r.state.After.Value()
	}
	r.control.Progress(p)
}
