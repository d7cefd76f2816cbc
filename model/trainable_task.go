package model

import (
	"errors"
	"fmt"
	"strings"

	"github.com/bertsearch/bertsearch/internal/kernel"
	"github.com/bertsearch/bertsearch/internal/nn"
)

// TrainableTask is a TaskModel whose weights can be changed, as [Trainable] is
// a sentence model: a step is Forward, Backward, a change of the parameters'
// values and Refresh.
type TrainableTask struct {
	model   TaskModel // what is not trained: task, labels, problem
	encoder *Trainable
	dense   *nn.Projection // what stands before output over the first token: BERT's pooler, or RoBERTa's Dense
	output  *nn.Projection
	words   *trainableWords
	params  []*Param

	scratch nn.ProjectionScratch
}

// Trainable makes a copy of the model that can be trained; o says what of the
// encoder, nil everything. The head is always trained.
func (m *TaskModel) Trainable(o *TrainableOptions) (*TrainableTask, error) {
	if err := m.check(); err != nil {
		return nil, err
	}
	if m.Encoder.int8 != nil {
		return nil, errors.New("model: a model whose matrices are int8 is not trained: load it in float32")
	}
	encoder, err := (&Sentence{Encoder: m.Encoder, Pooling: Pooling{Modes: []PoolingMode{CLS}}}).Trainable(o)
	if err != nil {
		return nil, err
	}
	t := &TrainableTask{model: *m, encoder: encoder}
	f, _ := m.Encoder.Config.family()
	for _, p := range encoder.params {
		p.Name = f.prefix + p.Name
	}
	t.build(f.prefix)
	t.Refresh(nil)
	return t, nil
}

// build copies the parameters of the head.
func (t *TrainableTask) build(prefix string) {
	b, names, m := &trainableBuilder{params: t.encoder.params}, t.model.names(), &t.model
	add := func(name string, l nn.Linear) *nn.Projection {
		p := b.projection(name, l, 1)
		return &p
	}
	switch {
	case m.Dense != nil:
		t.dense = add(names.dense, *m.Dense)
	case m.pools():
		t.dense = add(prefix+"pooler.dense", *m.Encoder.Pooler)
	}
	if m.Output != nil {
		t.output = add(names.output, *m.Output)
	}
	if m.Words != nil {
		t.words = b.words(names, m.Words, m.wordActivation(), &t.encoder.embedding)
	}
	t.params = b.params
}

// Params lists what is trained, always in the same order, under the names of
// the model's files.
func (t *TrainableTask) Params() []*Param { return t.params }

// Config is the encoder's configuration.
func (t *TrainableTask) Config() Config { return t.encoder.Config() }

// ZeroGrad sets every gradient to zero.
func (t *TrainableTask) ZeroGrad() {
	for _, p := range t.params {
		clear(p.Grad)
	}
}

// Refresh takes over values that have changed: it packs the weights again.
func (t *TrainableTask) Refresh(team *nn.Team) {
	t.encoder.Refresh(team)
	share(team, func(s nn.Share) {
		for _, p := range t.projections() {
			p.Refresh(s)
		}
	})
}

// projections lists those of the head.
func (t *TrainableTask) projections() (list []*nn.Projection) {
	for _, p := range []*nn.Projection{t.dense, t.output} {
		if p != nil {
			list = append(list, p)
		}
	}
	if t.words != nil {
		list = append(list, &t.words.transform, &t.words.decoder)
	}
	return list
}

// Task returns the model as it is now, packed for inference and independent of
// t. Its Digest is empty: that is of files.
func (t *TrainableTask) Task() (*TaskModel, error) {
	s, err := t.encoder.Sentence()
	if err != nil {
		return nil, err
	}
	m := t.model
	m.Encoder, m.Digest = s.Encoder, ""
	if t.dense != nil {
		dense := inferenceLinear(t.dense)
		if m.Dense != nil {
			m.Dense = &dense
		} else {
			m.Encoder.Pooler = &dense
		}
	}
	if t.output != nil {
		output := inferenceLinear(t.output)
		m.Output = &output
	}
	if t.words != nil {
		m.Words = t.words.inference()
	}
	return &m, nil
}

// TaskScores are the scores that the heads of a model give a batch, or their
// gradients. What a model has no head for stays nil.
type TaskScores struct {
	Texts  []float32 // texts×labels of a SequenceClassification, texts×2 of NextSentencePrediction and PreTraining
	Tokens []float32 // rows×labels of a TokenClassification, rows×2 of QuestionAnswering
	Words  []float32 // asked rows×vocabulary of MaskedLM and PreTraining
}

// TaskTape is what Forward keeps for Backward.
type TaskTape struct {
	encoder *Tape
	batch   *Batch
	drop    kernel.Dropout
	rows    []int
	hidden  []float32 // rows×H, after dropout where the head of tokens has one
	text    textTape
	words   wordTape
}

// asked copies the vectors of the tokens whose words are asked for.
func (k *TaskTape) asked() []float32 {
	h := len(k.hidden) / len(k.batch.IDs)
	x := make([]float32, 0, len(k.rows)*h)
	for _, row := range k.rows {
		x = append(x, k.hidden[row*h:(row+1)*h]...)
	}
	return x
}

// addAsked adds d, gradients of what asked returns, to dhidden, those of all.
func (k *TaskTape) addAsked(dhidden, d []float32) {
	h := len(k.hidden) / len(k.batch.IDs)
	for i, row := range k.rows {
		kernel.Add(dhidden[row*h:], d[i*h:(i+1)*h])
	}
}

// Forward computes the scores of a batch, those of words for the tokens in
// these rows of it, and with o.Train the tape that Backward takes. b must not
// change until then.
func (t *TrainableTask) Forward(team *nn.Team, b *Batch, rows []int, o ForwardOptions) (*TaskScores, *TaskTape, error) {
	for _, row := range rows {
		if row < 0 || row >= len(b.IDs) {
			return nil, nil, fmt.Errorf("model: row %d of a batch of %d tokens", row, len(b.IDs))
		}
	}
	hidden, encoder, err := t.encoder.ForwardTokens(team, b, o)
	if err != nil {
		return nil, nil, err
	}
	tape := &TaskTape{encoder: encoder, batch: b, rows: rows, hidden: hidden, drop: kernel.NewDropout(o.Dropout, o.Seed)}
	scores := &TaskScores{}
	if t.dense != nil {
		scores.Texts = t.textForward(team, tape)
	}
	if t.dense == nil && t.output != nil {
		scores.Tokens = t.tokenForward(team, tape)
	}
	if t.words != nil && len(rows) > 0 {
		scores.Words = t.words.forward(team, &tape.words, tape.asked())
	}
	if !o.Train {
		return scores, nil, nil
	}
	return scores, tape, nil
}

// Backward adds the gradient of a loss to those of the parameters: d is its
// gradient with respect to the scores that Forward returned with the tape,
// which is used up.
func (t *TrainableTask) Backward(team *nn.Team, tape *TaskTape, d *TaskScores) {
	rows := max(len(tape.batch.IDs), len(tape.rows))
	for _, p := range t.projections() {
		t.scratch.Reserve(p, rows)
	}
	dhidden := make([]float32, len(tape.hidden))
	if d.Tokens != nil {
		t.tokenBackward(team, tape, d.Tokens, dhidden)
	}
	if d.Texts != nil {
		t.textBackward(team, tape, d.Texts, dhidden)
	}
	if d.Words != nil {
		tape.addAsked(dhidden, t.words.backward(team, &t.scratch, &tape.words, d.Words))
	}
	t.encoder.BackwardTokens(team, tape.encoder, dhidden)
}

// drops reports whether the head drops what it reads: those that classify do.
func (t *TrainableTask) drops() bool {
	return strings.HasSuffix(string(t.model.Task), "Classification")
}
