package model

import (
	"fmt"
	"math"

	"github.com/bertsearch/bertsearch/internal/kernel"
	"github.com/bertsearch/bertsearch/internal/nn"
)

// TextScores are the scores of each text of b before softmax, texts×labels for a SequenceClassification and texts×2
// for NextSentencePrediction and PreTraining.
func (m *TaskModel) TextScores(w *Workspace, b *Batch) ([]float32, error) {
	if m.Task != SequenceClassification && m.Task != NextSentencePrediction && m.Task != PreTraining {
		return nil, m.unfit("texts")
	}
	hidden, err := m.Encoder.Forward(w, b)
	if err != nil {
		return nil, err
	}
	h, texts := m.Encoder.Config.HiddenSize, b.Texts()
	pooled := make([]float32, texts*h)
	if m.Dense == nil {
		m.Encoder.Pool(pooled, hidden, b)
	} else {
		first := make([]float32, texts*h)
		for i := range texts {
			copy(first[i*h:(i+1)*h], hidden[b.Starts[i]*h:])
		}
		m.Dense.Forward(nn.Share{}, pooled, first, texts, nil, kernel.Tanh)
	}
	scores := make([]float32, texts*m.Output.Out())
	m.Output.Forward(nn.Share{}, scores, pooled, texts, nil, kernel.None)
	return scores, nil
}

// TokenScores are the scores of each token of b, rows×labels for a TokenClassification, and rows×2 for
// QuestionAnswering: as the first token of the answer, and as its last.
func (m *TaskModel) TokenScores(w *Workspace, b *Batch) ([]float32, error) {
	if m.Task != TokenClassification && m.Task != QuestionAnswering {
		return nil, m.unfit("tokens")
	}
	hidden, err := m.Encoder.Forward(w, b)
	if err != nil {
		return nil, err
	}
	scores := make([]float32, len(b.IDs)*m.Output.Out())
	m.Output.Forward(nn.Share{}, scores, hidden, len(b.IDs), nil, kernel.None)
	return scores, nil
}

// WordScores are the scores of all words of the vocabulary for the tokens in these rows of b, len(rows)×vocabulary,
// of MaskedLM and PreTraining.
func (m *TaskModel) WordScores(w *Workspace, b *Batch, rows []int) ([]float32, error) {
	if m.Words == nil {
		return nil, m.unfit("words")
	}
	hidden, err := m.Encoder.Forward(w, b)
	if err != nil {
		return nil, err
	}
	h, words := m.Encoder.Config.HiddenSize, m.Encoder.Config.VocabSize
	x, y := make([]float32, len(rows)*h), make([]float32, len(rows)*h)
	for i, row := range rows {
		if row < 0 || row >= len(b.IDs) {
			return nil, fmt.Errorf("model: row %d of a batch of %d tokens", row, len(b.IDs))
		}
		copy(x[i*h:(i+1)*h], hidden[row*h:])
	}
	m.Words.Transform.Forward(nn.Share{}, y, x, len(rows), nil, m.wordActivation())
	m.Words.Norm.Forward(nn.Share{}, y, y, len(rows))
	scores, word := make([]float32, len(rows)*words), make([]float32, h)
	for id := range words {
		m.Encoder.Embedding.Word.Row(word, id)
		for i := range rows {
			scores[i*words+id] = kernel.Dot(y[i*h:(i+1)*h], word) + m.Words.Bias[id]
		}
	}
	return scores, nil
}

// wordActivation is that of the transform: RoBERTa's is always gelu.
func (m *TaskModel) wordActivation() kernel.Activation {
	if m.roberta() {
		return kernel.GELU
	}
	act, _ := activation(m.Encoder.Config.HiddenAct) // Validate has refused an unknown one
	return act
}

func (m *TaskModel) unfit(what string) error {
	return fmt.Errorf("model: a model for %s has no scores of %s", m.Task, what)
}

// Probabilities turns the scores of a text or a token into probabilities, in place: by the sigmoid where each label may
// be right, by the softmax where one is. Those of a regression stay as they are.
func (m *TaskModel) Probabilities(scores []float32) {
	switch m.Problem {
	case Regression:
	case MultiLabel:
		for i, s := range scores {
			scores[i] = Sigmoid(s)
		}
	default:
		kernel.Softmax(scores)
	}
}

// Sigmoid is 1/(1+e⁻ˣ), which a cross-encoder applies to its one score.
func Sigmoid(x float32) float32 { return float32(1 / (1 + math.Exp(-float64(x)))) }
