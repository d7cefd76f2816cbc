package task

import (
	"context"
	"math"

	"github.com/bertsearch/bertsearch/model"
	"github.com/bertsearch/bertsearch/tokenizer"
)

// Answer is a part of a passage that answers a question.
type Answer struct {
	Start, End int     // bytes of the passage; both 0 where there is no answer
	Score      float32 // of the part over that of no answer: above 0 there is one, as the model sees it
}

// Found reports whether the model prefers the answer to none.
func (a Answer) Found() bool { return a.Score > 0 && a.End > a.Start }

// maxAnswer is the most tokens of an answer, as in BERT's own evaluation on SQuAD.
const maxAnswer = 30

// Answer finds the part of the passage that answers the question best (Devlin et al. 2019, section 4.3): the tokens i
// to j with the greatest sum of the scores of i as the first and j as the last token, less the score of the first
// token of all, which stands for no answer. A passage that is too long is cut.
func (m *Model) Answer(ctx context.Context, question, passage string) (Answer, error) {
	if err := m.require(model.QuestionAnswering); err != nil {
		return Answer{}, err
	}
	if err := ctx.Err(); err != nil {
		return Answer{}, err
	}
	s := m.spaces.Get().(*space)
	defer m.spaces.Put(s)
	m.tokens.EncodePair(&s.encoding, question, passage, m.length)
	s.batch.Reset()
	s.batch.Add(s.encoding.IDs, s.encoding.Types)
	scores, err := m.model.TokenScores(&s.work, &s.batch)
	if err != nil {
		return Answer{}, err
	}
	return bestSpan(scores, &s.encoding, passage), nil
}

// wholeWords widens tokens first to last to the words that they are in.
func wholeWords(e *tokenizer.Encoding, passage string, first, last int) (int, int) {
	within := func(i int) bool { // token i and the one before are in one word
		return i > 0 && i < len(e.Sequence) && e.Sequence[i-1] == 1 && e.Sequence[i] == 1 && joined(passage, e.Offsets[i-1].End, e.Offsets[i].Start)
	}
	for within(first) {
		first--
	}
	for within(last + 1) {
		last++
	}
	return first, last
}

// bestSpan chooses among the tokens of the passage; scores holds two numbers a token.
func bestSpan(scores []float32, e *tokenizer.Encoding, passage string) Answer {
	best, first, last := float32(math.Inf(-1)), -1, -1
	for i, q := range e.Sequence {
		if q != 1 {
			continue
		}
		for j := i; j < min(i+maxAnswer, len(e.Sequence)) && e.Sequence[j] == 1; j++ {
			if s := scores[2*i] + scores[2*j+1]; s > best {
				best, first, last = s, i, j
			}
		}
	}
	if first < 0 {
		return Answer{}
	}
	first, last = wholeWords(e, passage, first, last)
	start, end := trim(passage, e.Offsets[first].Start, e.Offsets[last].End)
	return Answer{start, end, best - scores[0] - scores[1]}
}
