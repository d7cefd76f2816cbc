package heads

import (
	"errors"
	"fmt"
	"slices"

	"github.com/bertsearch/bertsearch/model"
	"github.com/bertsearch/bertsearch/train/dataset"
)

// Kind is what is learnt.
type Kind string

// The kinds.
const (
	Classify Kind = "classify" // labels of a text, or a number
	Pair     Kind = "pair"     // labels of two texts, or a number
	Rerank   Kind = "rerank"   // whether a passage answers a query: a cross-encoder
	Entities Kind = "ner"      // the names in a text
	Answers  Kind = "qa"       // where a passage answers a question
	Words    Kind = "mlm"      // masked words
	Next     Kind = "nsp"      // whether one text follows another
	Writing  Kind = "seq2seq"  // a text made of a text
	Denoise  Kind = "tsdae"    // texts again from their vectors: a model of sentences, and no head
)

// Kinds lists them.
func Kinds() []Kind {
	return []Kind{Classify, Pair, Rerank, Entities, Answers, Words, Next, Writing, Denoise}
}

// task is the head that a kind trains; [Writing] and [Denoise] have none.
func (k Kind) task() (model.Task, error) {
	t, ok := map[Kind]model.Task{
		Classify: model.SequenceClassification, Pair: model.SequenceClassification, Rerank: model.SequenceClassification,
		Entities: model.TokenClassification, Answers: model.QuestionAnswering, Words: model.MaskedLM, Next: model.NextSentencePrediction,
	}[k]
	if !ok {
		return "", fmt.Errorf("heads: %q has no head: want one of %v", k, slices.DeleteFunc(Kinds(), func(k Kind) bool { return k == Writing || k == Denoise }))
	}
	return t, nil
}

// New puts an untrained head of a kind on an encoder, with the labels that the
// examples have, in the order of their names.
func New(k Kind, e *model.Encoder, examples []dataset.Example, seed uint64) (*model.TaskModel, error) {
	t, err := k.task()
	if err != nil {
		return nil, err
	}
	var labels []string
	var many bool
	switch k {
	case Classify, Pair:
		if labels, many = labelsOf(examples); len(labels) == 1 && examples[0].Score == nil && !many {
			return nil, fmt.Errorf("heads: all examples have the label %q: want two labels or more", labels[0])
		}
	case Rerank:
		labels = []string{"relevant"}
	case Entities:
		labels = tagsOf(examples)
	}
	if labels != nil && len(labels) == 0 {
		return nil, errors.New("heads: the examples have neither labels nor scores: say where they are, if not under a usual name")
	}
	m, err := model.NewTask(e, t, labels, seed)
	if err != nil {
		return nil, err
	}
	if many {
		m.Problem = model.MultiLabel
	}
	if m.Problem == model.Regression && k != Rerank {
		m.Output.Bias[0] = meanScore(examples)
	}
	return m, nil
}

// meanScore is what a head that learns a number begins with, for at the usual
// rates it would take a run to get there from 0.
func meanScore(examples []dataset.Example) float32 {
	sum, n := 0.0, 0
	for _, e := range examples {
		if e.Score != nil {
			sum, n = sum+*e.Score, n+1
		}
	}
	return float32(sum / float64(max(n, 1)))
}

// labelsOf lists the labels of examples, and says whether one may have several.
// Examples with scores have one, "score".
func labelsOf(examples []dataset.Example) (labels []string, many bool) {
	labels = []string{}
	seen := map[string]bool{}
	for _, e := range examples {
		if len(e.Labels) != 1 && e.Score == nil {
			many = many || e.Labels != nil
		}
		for _, l := range e.Labels {
			if !seen[l] {
				seen[l], labels = true, append(labels, l)
			}
		}
	}
	if len(labels) == 0 && len(examples) > 0 && examples[0].Score != nil {
		return []string{"score"}, false
	}
	slices.Sort(labels)
	return labels, many
}

// tagsOf lists O, and B- and I- of each label of an entity.
func tagsOf(examples []dataset.Example) []string {
	var names []string
	for _, e := range examples {
		for _, s := range e.Entities {
			names = append(names, s.Label)
		}
	}
	slices.Sort(names)
	tags := []string{"O"}
	for _, name := range slices.Compact(names) {
		tags = append(tags, "B-"+name, "I-"+name)
	}
	return tags
}
