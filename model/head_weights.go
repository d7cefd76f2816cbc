package model

import (
	"fmt"
	"math/rand/v2"

	"github.com/bertsearch/bertsearch/internal/safetensors"
)

// headNames are the names of a head's tensors.
type headNames struct{ dense, output, transform, norm, bias string }

func (m *TaskModel) names() headNames {
	n := headNames{output: "classifier"}
	switch {
	case m.Task == QuestionAnswering:
		n.output = "qa_outputs"
	case m.Task == NextSentencePrediction || m.Task == PreTraining:
		n.output = "cls.seq_relationship"
	case m.Task == SequenceClassification && m.roberta():
		n.dense, n.output = "classifier.dense", "classifier.out_proj"
	}
	if m.roberta() {
		n.transform, n.norm, n.bias = "lm_head.dense", "lm_head.layer_norm", "lm_head.bias"
	} else {
		n.transform, n.norm, n.bias = "cls.predictions.transform.dense", "cls.predictions.transform.LayerNorm", "cls.predictions.bias"
	}
	return n
}

// pools reports whether the head reads BERT's pooler.
func (m *TaskModel) pools() bool {
	return !m.roberta() && (m.Task == SequenceClassification || m.Task == NextSentencePrediction || m.Task == PreTraining)
}

// guesses reports whether the head scores words.
func (m *TaskModel) guesses() bool { return m.Task == MaskedLM || m.Task == PreTraining }

// load reads the encoder and the head of the folder dir.
func (m *TaskModel) load(dir string) error {
	c, err := LoadConfig(dir)
	if err != nil {
		return err
	}
	weights, err := safetensors.OpenFolder(dir)
	if err != nil {
		return fmt.Errorf("model: %w", err)
	}
	defer func() { _ = weights.Close() }() // only read
	l := &loader{weights: weights, dir: dir}
	m.Encoder = l.encoder(c)
	l.prefix = ""
	if l.err == nil {
		if l.err = m.check(); l.err == nil {
			m.read(l)
		}
	}
	if l.err != nil {
		return l.err
	}
	if m.pools() && m.Encoder.Pooler == nil {
		return fmt.Errorf("model: %s: the head of %s reads the pooler, whose tensors are missing", dir, m.Task)
	}
	m.Digest, err = digest(weights.Paths())
	return err
}

// read reads the head's tensors.
func (m *TaskModel) read(l *loader) {
	c, n := m.Encoder.Config, m.names()
	h := c.HiddenSize
	if n.dense != "" {
		dense := l.linear(n.dense, h, h)
		m.Dense = &dense
	}
	if m.Task != MaskedLM {
		output := l.linear(n.output, m.outputs(), h)
		m.Output = &output
	}
	if m.guesses() {
		m.Words = &WordHead{Transform: l.linear(n.transform, h, h), Norm: l.norm(n.norm, c), Bias: l.floats(n.bias, c.VocabSize)}
	}
}

// tensors lists the head's weights. The decoder of words is the encoder's table and is not written again.
func (m *TaskModel) tensors() []safetensors.Tensor {
	var list []safetensors.Tensor
	n := m.names()
	if m.Dense != nil {
		list = append(list, linearTensors(n.dense, *m.Dense)...)
	}
	if m.Output != nil {
		list = append(list, linearTensors(n.output, *m.Output)...)
	}
	if w := m.Words; w != nil {
		list = append(list, linearTensors(n.transform, w.Transform)...)
		list = append(list, normTensors(n.norm, w.Norm)...)
		list = append(list, vectorTensor(n.bias, w.Bias))
	}
	return list
}

// initialise makes the head's weights.
func (m *TaskModel) initialise(seed uint64) error {
	if err := m.check(); err != nil {
		return err
	}
	c := m.Encoder.Config
	h := c.HiddenSize
	r := &random{rand.New(rand.NewPCG(seed, 0)), c}
	if m.pools() && m.Encoder.Pooler == nil {
		e, pooler := *m.Encoder, r.linear(h, h)
		e.Pooler = &pooler
		m.Encoder = &e
	}
	if m.names().dense != "" {
		dense := r.linear(h, h)
		m.Dense = &dense
	}
	if m.Task != MaskedLM {
		output := r.linear(m.outputs(), h)
		m.Output = &output
	}
	if m.guesses() {
		m.Words = &WordHead{Transform: r.linear(h, h), Norm: r.norm(), Bias: make([]float32, c.VocabSize)}
	}
	return nil
}
