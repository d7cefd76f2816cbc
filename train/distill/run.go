package distill

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/bertsearch/bertsearch/embed"
	"github.com/bertsearch/bertsearch/internal/nn"
	"github.com/bertsearch/bertsearch/model"
	"github.com/bertsearch/bertsearch/tokenizer"
	"github.com/bertsearch/bertsearch/train"
)

// Run teaches a student what a teacher makes of texts. The teacher's length and
// its prompt for stored texts are the student's. A cancelled ctx ends the run
// between two steps with ctx.Err(), after a last checkpoint.
func Run(ctx context.Context, teacher *embed.BERT, texts []string, r Recipe, c Control) (*Result, error) {
	d, err := newRun(teacher, texts, r, c)
	if err != nil {
		return nil, err
	}
	defer d.team.Close()
	found, err := d.checkpoint().Load()
	if err != nil {
		return nil, err
	}
	if found {
		d.weights.Refresh(d.team)
	}
	if err := d.steps(ctx); err != nil {
		return nil, err
	}
	return d.finish(ctx)
}

// run is one training run.
type run struct {
	teacher   *embed.BERT
	name      string // of the student
	recipe    Recipe
	control   Control
	learnt    []string
	held      []string
	weights   *model.Trainable
	optimizer *train.AdamW
	team      *nn.Team
	identity  [32]byte
	epoch     int // steps of one
	total     int // steps
	known     map[int][]float32
	encoding  tokenizer.Encoding
	state     state
}

func newRun(teacher *embed.BERT, texts []string, r Recipe, c Control) (*run, error) {
	r, err := r.settled(teacher.Model().Encoder.Config, len(texts))
	if err != nil {
		return nil, err
	}
	d := &run{teacher: teacher, recipe: r, control: c.settled(), identity: identify(teacher, texts, r), known: map[int][]float32{}}
	order := rand.New(rand.NewPCG(r.Seed, 0xd157)).Perm(len(texts))
	for i, at := range order {
		if i < r.HeldOut {
			d.held = append(d.held, texts[at])
		} else {
			d.learnt = append(d.learnt, texts[at])
		}
	}
	student, err := Student(teacher.Model(), r.Layers, r.Hidden, r.Learn, d.sample())
	if err != nil {
		return nil, err
	}
	d.name = student.Name
	if d.weights, err = student.Trainable(nil); err != nil {
		return nil, fmt.Errorf("distill: %w", err)
	}
	d.optimizer = train.NewAdamW(d.weights.Params(), train.AdamWOptions{Decay: 0.01})
	d.epoch = (len(d.learnt) + r.Batch - 1) / r.Batch
	d.total = d.epoch * r.Epochs
	if r.MaxSteps > 0 {
		d.total = min(d.total, r.MaxSteps)
	}
	d.team = nn.NewTeam(d.control.Workers)
	return d, nil
}

// steps trains from the state's step to the end.
func (d *run) steps(ctx context.Context) error {
	for {
		err := ctx.Err()
		switch {
		case err != nil:
		case d.state.Step == 0:
			if d.state.Before, err = d.likeness(ctx); err == nil {
				err = d.step(ctx)
			}
		case d.state.Step == d.total:
			return nil
		default:
			err = d.step(ctx)
		}
		if err != nil {
			return errors.Join(err, d.checkpoint().Save())
		}
	}
}

// next is the texts of the next step, by their places among those learnt from,
// which follow from the number of the step.
func (d *run) next() []int {
	order := rand.New(rand.NewPCG(d.recipe.Seed, uint64(d.state.Step/d.epoch))).Perm(len(d.learnt))
	at := d.state.Step % d.epoch * d.recipe.Batch
	return order[at:min(at+d.recipe.Batch, len(order))]
}

// step trains on one batch of texts, or changes nothing.
func (d *run) step(ctx context.Context) error {
	began, places := time.Now(), d.next()
	wanted, err := d.wanted(ctx, places)
	if err != nil {
		return err
	}
	var texts []string
	for _, i := range places {
		texts = append(texts, d.learnt[i])
	}
	b := d.batch(texts, d.teacher.MaxTokens())
	vectors, tape, err := d.weights.Forward(d.team, b, model.ForwardOptions{Train: true})
	if err != nil {
		return fmt.Errorf("distill: step %d: %w", d.state.Step+1, err)
	}
	loss := d.recipe.Learn.loss(vectors, wanted)
	if math.IsNaN(loss) || math.IsInf(loss, 0) {
		return fmt.Errorf("distill: step %d: the loss is %g: try a lower learning rate than %g", d.state.Step+1, loss, d.recipe.LearningRate)
	}
	d.weights.ZeroGrad()
	d.weights.Backward(d.team, tape, vectors)
	train.Clip(d.weights.Params(), 1)
	d.optimizer.Step(d.recipe.LearningRate * train.LinearWarmup(d.state.Step, d.total, d.total/10))
	d.weights.Refresh(d.team)
	d.state.Step++
	d.state.Losses = append(d.state.Losses, loss)
	d.state.Tokens += len(b.IDs)
	d.state.Elapsed += time.Since(began)
	d.report(loss)
	if d.state.Step%d.control.CheckpointEvery == 0 || d.state.Step == d.total {
		return d.checkpoint().Save()
	}
	return nil
}

// wanted is the teacher's vectors of texts that are learnt from, kept where they
// are needed again.
func (d *run) wanted(ctx context.Context, places []int) ([][]float32, error) {
	var texts []string
	var missing []int
	for _, i := range places {
		if d.known[i] == nil {
			texts, missing = append(texts, d.learnt[i]), append(missing, i)
		}
	}
	made, err := d.teacher.Embed(ctx, embed.Passage, texts)
	if err != nil {
		return nil, err
	}
	for k, i := range missing {
		d.known[i] = made[k]
	}
	wanted := make([][]float32, len(places))
	for k, i := range places {
		wanted[k] = d.known[i]
	}
	if d.total <= d.epoch {
		clear(d.known)
	}
	return wanted, nil
}

// batch makes tokens of texts as the teacher does, most of each at the most.
func (d *run) batch(texts []string, most int) *model.Batch {
	b := &model.Batch{}
	prompt := d.teacher.Model().Prompts.Passage()
	if prompt != "" && d.teacher.Model().Pooling.ExcludePrompt {
		d.teacher.Tokenizer().Encode(&d.encoding, prompt, most)
		b.Prompt = d.encoding.Len() - 1
	}
	for _, text := range texts {
		d.teacher.Tokenizer().Encode(&d.encoding, prompt+text, most)
		b.Add(d.encoding.IDs, d.encoding.Types)
	}
	return b
}

// The tokens from which a narrower student is made: enough for regressions on a
// thousand features, of many texts. With half as many the first vectors of a
// student of half the size have a cosine of .66 to the teacher's, with these .70.
const (
	sampleTokens = 1 << 15
	sampleLength = 64 // of a text, at most
)

// sample is the beginnings of texts that are learnt from.
func (d *run) sample() *model.Batch {
	if d.recipe.Hidden == d.teacher.Model().Encoder.Config.HiddenSize {
		return nil
	}
	return d.batch(d.learnt[:min(len(d.learnt), sampleTokens/sampleLength)], min(sampleLength, d.teacher.MaxTokens()))
}

// report tells the progress.
func (d *run) report(loss float64) {
	if d.control.Progress == nil {
		return
	}
	s := &d.state
	d.control.Progress(train.Progress{
		Step: s.Step, Steps: d.total, Loss: loss, Tokens: s.Tokens, Elapsed: s.Elapsed,
		Remaining: time.Duration(float64(s.Elapsed) / float64(s.Step) * float64(d.total-s.Step)),
	})
}
