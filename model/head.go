package model

import (
	"fmt"
	"strings"

	"github.com/bertsearch/bertsearch/internal/nn"
)

// Task is what a model with a head computes, the end of the name of its class in transformers.
type Task string

// The tasks. A cross-encoder is a SequenceClassification of two texts with one label.
const (
	SequenceClassification Task = "SequenceClassification" // scores of labels for a text
	TokenClassification    Task = "TokenClassification"    // scores of labels for each token
	QuestionAnswering      Task = "QuestionAnswering"      // scores of each token as the first and the last of an answer
	MaskedLM               Task = "MaskedLM"               // scores of all words for each token
	NextSentencePrediction Task = "NextSentencePrediction" // whether the second text follows the first: scores of yes and no
	PreTraining            Task = "PreTraining"            // MaskedLM and NextSentencePrediction
)

// Problem says what the scores of a SequenceClassification mean.
type Problem string

// The problems, under transformers' names.
const (
	SingleLabel Problem = "single_label_classification" // one label is right: softmax
	MultiLabel  Problem = "multi_label_classification"  // each label may be: sigmoid
	Regression  Problem = "regression"                  // a number a label
)

// TaskModel is an encoder with the head of one task. It is safe for concurrent use.
type TaskModel struct {
	Task    Task
	Encoder *Encoder
	Labels  []string // what the scores of a classification are for
	Problem Problem  // of a SequenceClassification

	// Output turns vectors into scores: H → labels, first and last token of an answer, or yes and no. Nil for MaskedLM.
	Output *nn.Linear
	// Dense comes before Output in a SequenceClassification of RoBERTa, with tanh, where BERT has its pooler.
	Dense *nn.Linear
	Words *WordHead // of MaskedLM and PreTraining

	Digest string // identifies the weights, as of a [Sentence]
}

// WordHead scores the words of the vocabulary for a token's vector h: LayerNorm(act(W·h + b))·Eᵀ + bias, where E is
// the encoder's table of words.
type WordHead struct {
	Transform nn.Linear // H → H
	Norm      nn.LayerNorm
	Bias      []float32 // one a word
}

// LoadTask reads the Hugging Face folder of a model with a head. The name of its class, in config.json, says which.
func LoadTask(dir string) (*TaskModel, error) {
	file, err := loadTaskFile(dir)
	if err != nil {
		return nil, err
	}
	task, err := file.task()
	if err != nil {
		return nil, fmt.Errorf("model: %s: %w", dir, err)
	}
	m := &TaskModel{Task: task}
	if m.classifies() {
		if m.Labels, err = file.labels(); err != nil {
			return nil, fmt.Errorf("model: %s: %w", dir, err)
		}
	}
	if task == SequenceClassification {
		if m.Problem, err = file.problem(len(m.Labels)); err != nil {
			return nil, fmt.Errorf("model: %s: %w", dir, err)
		}
	}
	return m, m.load(dir)
}

// NewTask puts an untrained head on an encoder: its weights are normal with the standard deviation that the encoder's
// configuration names, its biases 0. labels are those of a classification, and say nothing for other tasks. A
// SequenceClassification of a BERT encoder without a pooler gets one.
func NewTask(e *Encoder, task Task, labels []string, seed uint64) (*TaskModel, error) {
	m := &TaskModel{Task: task, Encoder: e, Problem: SingleLabel, Labels: labels}
	if m.classifies() && len(labels) == 0 {
		return nil, fmt.Errorf("model: a head for %s needs labels", task)
	}
	if !m.classifies() {
		m.Labels = nil
	}
	if task != SequenceClassification {
		m.Problem = ""
	}
	if len(labels) == 1 && task == SequenceClassification {
		m.Problem = Regression
	}
	return m, m.initialise(seed)
}

func (m *TaskModel) classifies() bool {
	return m.Task == SequenceClassification || m.Task == TokenClassification
}

// outputs is the number of scores that Output gives.
func (m *TaskModel) outputs() int {
	if m.classifies() {
		return len(m.Labels)
	}
	return 2
}

// roberta reports whether the head's tensors have the names and the parts that RoBERTa's have.
func (m *TaskModel) roberta() bool {
	f, _ := m.Encoder.Config.family()
	return f.prefix == "roberta."
}

// check reports a task that the encoder's family has no head for.
func (m *TaskModel) check() error {
	switch m.Task {
	case SequenceClassification, TokenClassification, QuestionAnswering, MaskedLM:
		return nil
	case NextSentencePrediction, PreTraining:
		if !m.roberta() {
			return nil
		}
	}
	return fmt.Errorf("model: no head for %q on a model of type %s", m.Task, m.Encoder.Config.ModelType)
}

// taskSuffix finds the task at the end of a class's name.
func taskSuffix(class string) (Task, bool) {
	_, name, ok := strings.Cut(class, "For")
	for _, t := range []Task{SequenceClassification, TokenClassification, QuestionAnswering, MaskedLM, NextSentencePrediction, PreTraining} {
		if ok && name == string(t) {
			return t, true
		}
	}
	return "", false
}
