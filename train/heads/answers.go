package heads

import (
	"context"
	"strings"
	"unicode"

	"gonum.org/v1/gonum/stat"

	"github.com/bertsearch/bertsearch/internal/nn"
	"github.com/bertsearch/bertsearch/model"
	"github.com/bertsearch/bertsearch/task"
	"github.com/bertsearch/bertsearch/tokenizer"
	"github.com/bertsearch/bertsearch/train/dataset"
)

// answers learns the first and the last token of an answer; both are the first
// token of all where there is none within the length.
type answers struct{ trained }

func (a *answers) samples(examples []dataset.Example) ([]sample, error) {
	var encoding tokenizer.Encoding
	var out []sample
	for i := range examples {
		e := &examples[i]
		if e.Pair == "" || e.Answers == nil {
			return nil, lineError(e, "want a question, a passage and answers")
		}
		s := a.encode(&encoding, e)
		s.classes = []int{0, 0}
		if len(e.Answers) > 0 {
			s.classes = place(&encoding, e.Answers[0])
		}
		out = append(out, s)
	}
	return out, nil
}

// place finds the tokens of an answer in the passage.
func place(e *tokenizer.Encoding, answer dataset.Span) []int {
	first, last := 0, 0
	for i, at := range e.Offsets {
		if e.Sequence[i] != 1 || at.End <= at.Start {
			continue
		}
		if first == 0 && at.End > answer.Start && at.Start < answer.End {
			first = i
		}
		if first > 0 && at.Start < answer.End {
			last = i
		}
	}
	if first == 0 || e.Offsets[last].End < answer.End {
		return []int{0, 0}
	}
	return []int{first, last}
}

// loss is the mean of those of the first and of the last token, each over the
// tokens of its text.
func (a *answers) loss(s *model.TaskScores, b *batch) float64 {
	loss := 0.0
	for i := range b.Texts() {
		from, to := b.Starts[i], b.Starts[i+1]
		for side := range 2 {
			row := make([]float32, to-from)
			for k := range row {
				row[k] = s.Tokens[2*(from+k)+side]
			}
			share := 1 / float32(2*b.Texts())
			loss += nn.CrossEntropy(row, len(row), b.classes[2*i+side:2*i+side+1], nil) * float64(share)
			for k, v := range row {
				s.Tokens[2*(from+k)+side] = v * share
			}
		}
	}
	return loss
}

// measure is SQuAD's: the best F1 of words over the right answers, and how
// often one is met exactly. No answer is right where there is none.
func (a *answers) measure(ctx context.Context, w *model.TrainableTask, examples []dataset.Example) (Figures, error) {
	each, exact := make([]float64, len(examples)), make([]float64, len(examples))
	impossible := false
	for i := range examples {
		impossible = impossible || len(examples[i].Answers) == 0
	}
	err := a.each(ctx, w, len(examples), func(m *task.Model, _ *model.TaskModel, _ *model.Workspace, i int) error {
		e := &examples[i]
		found, err := m.Answer(ctx, e.Text, e.Pair)
		text := e.Pair[found.Start:found.End]
		if impossible && !found.Found() {
			text = ""
		}
		each[i], exact[i] = compareAnswer(text, e)
		return err
	})
	values := map[string]float64{"f1": stat.Mean(each, nil), "exact": stat.Mean(exact, nil)}
	return Figures{"f1", values, each}, err
}

// compareAnswer compares a text with the answers of an example.
func compareAnswer(text string, e *dataset.Example) (f1, exact float64) {
	got := answerWords(text)
	if len(e.Answers) == 0 {
		none := float64(count(len(got) == 0))
		return none, none
	}
	for _, x := range e.Answers {
		want := answerWords(e.Pair[x.Start:x.End])
		f1 = max(f1, sharedWords(got, want).f1())
		exact = max(exact, float64(count(strings.Join(got, " ") == strings.Join(want, " "))))
	}
	return f1, exact
}

// sharedWords counts words that both have.
func sharedWords(got, want []string) counter {
	left := map[string]int{}
	for _, w := range want {
		left[w]++
	}
	c := counter{wanted: len(want), found: len(got)}
	for _, w := range got {
		if left[w] > 0 {
			left[w]--
			c.right++
		}
	}
	return c
}

// answerWords cuts an answer as SQuAD's evaluation does: lower case, without
// punctuation and articles.
func answerWords(text string) []string {
	text = strings.Map(func(r rune) rune {
		if r < unicode.MaxASCII && (unicode.IsPunct(r) || unicode.IsSymbol(r)) {
			return -1
		}
		return unicode.ToLower(r)
	}, text)
	var words []string
	for w := range strings.FieldsSeq(text) {
		if w != "a" && w != "an" && w != "the" {
			words = append(words, w)
		}
	}
	return words
}
