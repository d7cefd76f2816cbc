package distill

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"time"

	"github.com/bertsearch/bertsearch/embed"
	"github.com/bertsearch/bertsearch/internal/kernel"
	"github.com/bertsearch/bertsearch/internal/nn"
	"github.com/bertsearch/bertsearch/model"
	"github.com/bertsearch/bertsearch/tokenizer"
	"github.com/bertsearch/bertsearch/train"
)

// Recipe says how to train. Zero values are the defaults.
type Recipe struct {
	Layers       int     // of the student; 0 is half of the teacher's
	Epochs       int     // passes over the texts; 0 is 1
	MaxSteps     int     // most steps; 0 is as many as the epochs have
	Batch        int     // texts of a step; 0 is 32
	LearningRate float64 // at its highest; 0 is 1e-4
	HeldOut      int     // texts that are measured on and not learnt from; 0 is a tenth, at most 500
	Seed         uint64
}

// Result is what a run made.
type Result struct {
	Student *model.Sentence
	Recipe  Recipe // with its defaults
	Texts   int    // that were learnt from
	HeldOut int
	// Before and After are the mean cosines between the student's and the
	// teacher's vectors of the texts that were held out.
	Before, After float64
	Losses        []float64
	Tokens        int
	Elapsed       time.Duration
}

// Run teaches a student the teacher's vectors of texts. The teacher's length
// and its prompt for stored texts are the student's. progress may be nil.
func Run(ctx context.Context, teacher *embed.BERT, texts []string, r Recipe, progress func(train.Progress)) (*Result, error) {
	d, err := newRun(teacher, texts, r)
	if err != nil {
		return nil, err
	}
	defer d.team.Close()
	if d.result.Before, err = d.likeness(ctx); err != nil {
		return nil, err
	}
	for step := range d.total {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := d.step(ctx, step); err != nil {
			return nil, fmt.Errorf("distill: step %d: %w", step+1, err)
		}
		if progress != nil {
			done := len(d.result.Losses)
			progress(train.Progress{
				Step: done, Steps: d.total, Loss: d.result.Losses[done-1], Tokens: d.result.Tokens, Elapsed: d.result.Elapsed,
				Remaining: d.result.Elapsed / time.Duration(done) * time.Duration(d.total-done),
			})
		}
	}
	if d.result.After, err = d.likeness(ctx); err != nil {
		return nil, err
	}
	d.result.Student, err = d.sentence()
	return &d.result, err
}

// run is one training run.
type run struct {
	teacher   *embed.BERT
	name      string // of the student
	recipe    Recipe
	learnt    []string
	held      []string
	weights   *model.Trainable
	optimizer *train.AdamW
	team      *nn.Team
	epoch     int // steps of one
	total     int // steps
	encoding  tokenizer.Encoding
	result    Result
}

func newRun(teacher *embed.BERT, texts []string, r Recipe) (*run, error) {
	layers := teacher.Model().Encoder.Config.HiddenLayers
	r = Recipe{
		Layers: cmp.Or(r.Layers, max(1, layers/2)), Epochs: cmp.Or(r.Epochs, 1), MaxSteps: r.MaxSteps, Batch: cmp.Or(r.Batch, 32),
		LearningRate: cmp.Or(r.LearningRate, 1e-4), HeldOut: cmp.Or(r.HeldOut, min(500, len(texts)/10)), Seed: r.Seed,
	}
	switch {
	case r.Epochs < 0 || r.MaxSteps < 0 || r.Batch < 1 || r.HeldOut < 0 || !(r.LearningRate > 0 && r.LearningRate <= 1):
		return nil, fmt.Errorf("distill: a recipe of %+v", r)
	case len(texts) <= r.HeldOut || len(texts) < 2:
		return nil, fmt.Errorf("distill: %d texts, of which %d are held out: there is nothing to learn from", len(texts), r.HeldOut)
	}
	student, err := Student(teacher.Model(), r.Layers)
	if err != nil {
		return nil, err
	}
	d := &run{teacher: teacher, name: student.Name, recipe: r}
	order := rand.New(rand.NewPCG(r.Seed, 0xd157)).Perm(len(texts))
	for i, at := range order {
		if i < r.HeldOut {
			d.held = append(d.held, texts[at])
		} else {
			d.learnt = append(d.learnt, texts[at])
		}
	}
	if d.weights, err = student.Trainable(nil); err != nil {
		return nil, fmt.Errorf("distill: %w", err)
	}
	d.optimizer = train.NewAdamW(d.weights.Params(), train.AdamWOptions{Decay: 0.01})
	d.epoch = (len(d.learnt) + r.Batch - 1) / r.Batch
	d.total = d.epoch * r.Epochs
	if r.MaxSteps > 0 {
		d.total = min(d.total, r.MaxSteps)
	}
	d.team = nn.NewTeam(runtime.GOMAXPROCS(0))
	d.result = Result{Recipe: r, Texts: len(d.learnt), HeldOut: len(d.held)}
	return d, nil
}

// step trains on one batch of texts.
func (d *run) step(ctx context.Context, step int) error {
	began := time.Now()
	order := rand.New(rand.NewPCG(d.recipe.Seed, uint64(step/d.epoch))).Perm(len(d.learnt))
	at := step % d.epoch * d.recipe.Batch
	var texts []string
	for _, i := range order[at:min(at+d.recipe.Batch, len(order))] {
		texts = append(texts, d.learnt[i])
	}
	wanted, err := d.teacher.Embed(ctx, embed.Passage, texts)
	if err != nil {
		return err
	}
	b := d.batch(texts)
	vectors, tape, err := d.weights.Forward(d.team, b, model.ForwardOptions{Train: true})
	if err != nil {
		return err
	}
	loss := apart(vectors, wanted)
	if math.IsNaN(loss) || math.IsInf(loss, 0) {
		return fmt.Errorf("the loss is %g: try a lower learning rate than %g", loss, d.recipe.LearningRate)
	}
	d.weights.ZeroGrad()
	d.weights.Backward(d.team, tape, vectors)
	train.Clip(d.weights.Params(), 1)
	d.optimizer.Step(d.recipe.LearningRate * train.LinearWarmup(step, d.total, d.total/10))
	d.weights.Refresh(d.team)
	d.result.Losses = append(d.result.Losses, loss)
	d.result.Tokens += len(b.IDs)
	d.result.Elapsed += time.Since(began)
	return nil
}

// batch makes tokens of texts as the teacher does.
func (d *run) batch(texts []string) *model.Batch {
	b := &model.Batch{}
	prompt := d.teacher.Model().Prompts.Passage()
	if prompt != "" && d.teacher.Model().Pooling.ExcludePrompt {
		d.teacher.Tokenizer().Encode(&d.encoding, prompt, d.teacher.MaxTokens())
		b.Prompt = d.encoding.Len() - 1
	}
	for _, text := range texts {
		d.teacher.Tokenizer().Encode(&d.encoding, prompt+text, d.teacher.MaxTokens())
		b.Add(d.encoding.IDs, d.encoding.Types)
	}
	return b
}

// apart is the mean over the texts of the squared distance between the unit
// vectors that the student gives and those wanted, 2 − 2·cosine. vectors, one
// after the other, becomes its gradient with respect to the student's.
func apart(vectors []float32, wanted [][]float32) float64 {
	loss, n := 0.0, float32(len(wanted))
	for i, want := range wanted {
		x := vectors[i*len(want) : (i+1)*len(want)]
		length := float32(math.Sqrt(float64(kernel.Dot(x, x))))
		if length == 0 {
			loss += 2
			continue
		}
		cosine := kernel.Dot(x, want) / length
		loss += 2 - 2*float64(cosine)
		for k, v := range x {
			x[k] = 2 * (cosine*v/length - want[k]) / (length * n)
		}
	}
	return loss / float64(n)
}

// sentence is the student as it is now.
func (d *run) sentence() (*model.Sentence, error) {
	s, err := d.weights.Sentence()
	if err != nil {
		return nil, fmt.Errorf("distill: %w", err)
	}
	s.Name = d.name
	return s, nil
}

// likeness is the mean cosine of the student's vectors with the teacher's over
// the texts held out; 0 without any.
func (d *run) likeness(ctx context.Context) (float64, error) {
	if len(d.held) == 0 {
		return 0, nil
	}
	sum := 0.0
	for at := 0; at < len(d.held); at += d.recipe.Batch {
		texts := d.held[at:min(at+d.recipe.Batch, len(d.held))]
		wanted, err := d.teacher.Embed(ctx, embed.Passage, texts)
		if err != nil {
			return 0, err
		}
		vectors, _, err := d.weights.Forward(d.team, d.batch(texts), model.ForwardOptions{})
		if err != nil {
			return 0, fmt.Errorf("distill: %w", err)
		}
		sum += (1 - apart(vectors, wanted)/2) * float64(len(texts))
	}
	return sum / float64(len(d.held)), nil
}
