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
	"github.com/bertsearch/bertsearch/tokenizer"
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
		r.Refresh(r.team)
	}
	if err := r.steps(ctx); err != nil {
		return nil, err
	}
	return r.finish()
}

// run is one training run.
type run struct {
	learner
	recipe    Recipe
	control   Control
	tokens    *tokenizer.Tokenizer
	optimizer *train.AdamW
	team      *nn.Team
	held      []dataset.Example
	dropout   float32
	identity  [sha256.Size]byte
	epoch     int // steps of one
	total     int // steps
	state     state
}

// learner is the model that a run trains, and what it learns from.
type learner interface {
	Params() []*model.Param
	ZeroGrad()
	Refresh(*nn.Team)
	// samples is how many there are to learn from.
	samples() int
	// learn adds the gradients of these samples to the parameters' and returns
	// their loss and how many tokens they have.
	learn(team *nn.Team, samples []int, o model.ForwardOptions) (loss float64, tokens int, err error)
	// judge says how good the model is on examples.
	judge(ctx context.Context, team *nn.Team, examples []dataset.Example) (Figures, error)
	// result writes the model to r.
	result(r *Result) error
}

func newRun(j Job, c Control) (*run, error) {
	recipe, err := j.Recipe.settled(j.Kind)
	if err != nil {
		return nil, err
	}
	recipe.Length = min(recipe.Length, j.encoder().Config.Positions())
	if j.Kind != Denoise {
		j.Tokens = j.Tokens.WithMaxLength(recipe.Length)
	}
	r := &run{recipe: recipe, control: c.settled(), tokens: j.Tokens, held: j.HeldOut}
	examples := j.Train
	if len(r.held) == 0 && recipe.HeldOut > 0 {
		examples, r.held = Split(examples, recipe.HeldOut, recipe.Seed)
	}
	if len(examples) == 0 && len(r.held) > 0 && len(j.HeldOut) == 0 {
		return nil, errors.New("heads: all examples are of one document, which cannot be learnt from and be held out: " +
			"part documents by an empty line, name others to measure on, or hold none out")
	}
	if len(examples) == 0 {
		return nil, errors.New("heads: there are no examples to learn from")
	}
	if r.learner, err = newLearner(j, recipe, r.control.Workers, examples); err != nil {
		return nil, err
	}
	if r.dropout = float32(max(recipe.Dropout, 0)); recipe.Dropout == 0 {
		r.dropout = float32(j.encoder().Config.HiddenDropout)
	}
	r.optimizer = train.NewAdamW(r.Params(), train.AdamWOptions{Decay: recipe.Decay})
	r.plan()
	r.identity = identify(j, recipe, r.samples())
	r.team = nn.NewTeam(r.control.Workers)
	return r, nil
}

// newLearner makes the learner of a job.
func newLearner(j Job, recipe Recipe, workers int, examples []dataset.Example) (learner, error) {
	options := &model.TrainableOptions{Layers: recipe.Layers}
	if recipe.LoRA > 0 {
		options.LoRA = &model.LoRA{Rank: recipe.LoRA, Alpha: float32(2 * recipe.LoRA), Seed: recipe.Seed}
	}
	switch j.Kind {
	case Writing:
		return newWriting(j, recipe, options, examples)
	case Denoise:
		return newDenoising(j, recipe, options, examples)
	}
	return newHeaded(j, recipe, workers, options, examples)
}

// plan counts the steps.
func (r *run) plan() {
	r.epoch = (r.samples() + r.recipe.Batch - 1) / r.recipe.Batch
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
	err := encoder.Encode([]any{j.Kind, j.Tokens.Fingerprint(), recipe, samples})
	switch j.Kind {
	case Writing:
		err = errors.Join(err, encoder.Encode([]any{j.Writer.Digest, j.Writer.Start, j.Writer.End, len(j.Writer.Decoder.Cross)}))
	case Denoise:
		err = errors.Join(err, encoder.Encode([]any{j.Sentence.Digest, j.Sentence.Pooling, j.Sentence.Prompts, j.Sentence.MaxLength}))
	default:
		err = errors.Join(err, encoder.Encode([]any{j.Model.Digest, j.Model.Task, j.Model.Labels, j.Model.Problem}))
	}
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
		if err := r.measure(ctx); err != nil {
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

// next is the samples of the next step, and the seed of what is random in it:
// both follow from the number of the step.
func (r *run) next() (samples []int, seed uint64) {
	seed = rand.New(rand.NewPCG(r.recipe.Seed, uint64(r.state.Step)+1<<32)).Uint64()
	order := rand.New(rand.NewPCG(r.recipe.Seed, uint64(r.state.Step/r.epoch))).Perm(r.samples())
	at := r.state.Step % r.epoch * r.recipe.Batch
	return order[at:min(at+r.recipe.Batch, len(order))], seed
}

// step trains on one batch.
func (r *run) step() error {
	began := time.Now()
	samples, seed := r.next()
	r.ZeroGrad()
	loss, tokens, err := r.learn(r.team, samples, model.ForwardOptions{Train: true, Dropout: r.dropout, Seed: seed, Memory: r.control.Memory})
	if err != nil {
		return fmt.Errorf("heads: step %d: %w", r.state.Step+1, err)
	}
	if math.IsNaN(loss) || math.IsInf(loss, 0) {
		return fmt.Errorf("heads: step %d: the loss is %g: try a lower learning rate than %g", r.state.Step+1, loss, r.recipe.LearningRate)
	}
	if r.recipe.Clip > 0 {
		train.Clip(r.Params(), r.recipe.Clip)
	}
	warm := int(r.recipe.Warmup*float64(r.total) + 0.5)
	r.optimizer.Step(r.recipe.LearningRate * train.LinearWarmup(r.state.Step, r.total, warm))
	r.Refresh(r.team)
	r.state.Step++
	r.state.Tokens += tokens
	r.state.Losses = append(r.state.Losses, loss)
	r.state.Elapsed += time.Since(began)
	r.report(loss)
	if r.state.Step%r.control.CheckpointEvery == 0 || r.state.Step == r.total {
		return r.checkpoint().Save()
	}
	return nil
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
