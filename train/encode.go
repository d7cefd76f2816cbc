package train

import (
	"github.com/bertsearch/bertsearch/model"
	"github.com/bertsearch/bertsearch/tokenizer"
)

// encoder makes batches for the model of texts.
type encoder struct {
	tokens *tokenizer.Tokenizer
	length int
	query  side
	stored side
	buffer tokenizer.Encoding
}

// side is what the model puts before queries, or before stored texts.
type side struct {
	prompt string
	skip   int // tokens that pooling leaves out
}

func newEncoder(s *model.Sentence, t *tokenizer.Tokenizer, length int) *encoder {
	most := s.Encoder.Config.Positions()
	own := s.MaxLength
	if own == 0 {
		own = t.MaxLength()
	}
	for _, l := range []int{own, length} {
		if l > 0 {
			most = min(most, l)
		}
	}
	e := &encoder{tokens: t, length: most}
	e.query, e.stored = e.side(s, s.Prompts.Query()), e.side(s, s.Prompts.Passage())
	return e
}

// side counts the tokens of a prompt, those of it alone but the last special one.
func (e *encoder) side(s *model.Sentence, prompt string) side {
	if prompt == "" || !s.Pooling.ExcludePrompt {
		return side{prompt: prompt}
	}
	e.tokens.Encode(&e.buffer, prompt, e.length)
	return side{prompt, e.buffer.Len() - 1}
}

// parts makes batches of at most most tokens, or of one text, of the queries and
// the passages in this order, and returns them with the number of tokens. A
// batch has both only where pooling treats them alike.
func (e *encoder) parts(queries []string, passages []passage, most int) ([]*model.Batch, int) {
	var parts []*model.Batch
	total := 0
	var part *model.Batch
	add := func(of side, text string) {
		e.tokens.Encode(&e.buffer, of.prompt+text, e.length)
		n := len(e.buffer.IDs)
		if part == nil || len(part.IDs)+n > most || part.Prompt != of.skip {
			part = &model.Batch{Prompt: of.skip}
			parts = append(parts, part)
		}
		part.Add(e.buffer.IDs, e.buffer.Types)
		total += n
	}
	for _, text := range queries {
		add(e.query, text)
	}
	for _, p := range passages {
		add(e.stored, p.text)
	}
	return parts, total
}
