package task

import (
	"context"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/bertsearch/bertsearch/internal/kernel"
	"github.com/bertsearch/bertsearch/model"
	"github.com/bertsearch/bertsearch/tokenizer"
)

// Entity is a stretch of a text with a label.
type Entity struct {
	Label      string  // without B- or I-
	Start, End int     // bytes of the text
	Score      float32 // probability of its words' labels, their mean
}

// Entities finds the labelled stretches of a text of any length, in order. The labels are BIO: B-X begins an X, I-X
// goes on with it, O is outside. A word is labelled as its first token is.
func (m *Model) Entities(ctx context.Context, text string) ([]Entity, error) {
	if err := m.require(model.TokenClassification); err != nil {
		return nil, err
	}
	s := m.spaces.Get().(*space)
	defer m.spaces.Put(s)
	m.tokens.Encode(&s.encoding, text, 0)
	return m.entities(ctx, s, Words(text, &s.encoding))
}

// EntitiesOf is Entities for a text whose words are known, in order, as in a text that came as a list of words: an
// entity is whole words of these.
func (m *Model) EntitiesOf(ctx context.Context, text string, words []tokenizer.Span) ([]Entity, error) {
	if err := m.require(model.TokenClassification); err != nil {
		return nil, err
	}
	s := m.spaces.Get().(*space)
	defer m.spaces.Put(s)
	m.tokens.Encode(&s.encoding, text, 0)
	return m.entities(ctx, s, inWords(&s.encoding, words))
}

// entities labels words of the text in s.encoding.
func (m *Model) entities(ctx context.Context, s *space, found []Word) ([]Entity, error) {
	words := make([]word, len(found))
	for i, w := range found {
		words[i].Word = w
	}
	lead, tail := frame(&s.encoding)
	room := m.length - lead - (s.encoding.Len() - tail)
	for from := 0; from < len(words); {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		to := window(words, from, room)
		if err := m.label(s, words[from:to], room); err != nil {
			return nil, err
		}
		from = to
	}
	return join(words), nil
}

// Word is a word of a text.
type Word struct {
	First, Last int // its tokens, last excluded
	Start, End  int // its bytes
}

// word is a word with its label.
type word struct {
	Word
	label string
	score float32 // probability of the label
}

// Words groups the tokens of a text into words: a token goes on with a word if it touches the one before, and
// neither is at a mark or white space there.
func Words(text string, e *tokenizer.Encoding) []Word {
	var words []Word
	for i, at := range e.Offsets {
		if e.Sequence[i] < 0 {
			continue
		}
		if n := len(words); n > 0 && words[n-1].Last == i && joined(text, words[n-1].End, at.Start) {
			words[n-1].Last, words[n-1].End = i+1, max(at.End, words[n-1].End)
			continue
		}
		words = append(words, Word{First: i, Last: i + 1, Start: at.Start, End: at.End})
	}
	for i := range words {
		words[i].Start, words[i].End = trim(text, words[i].Start, words[i].End)
	}
	return words
}

// inWords gives each of the words its tokens; a word without any is left out.
func inWords(e *tokenizer.Encoding, words []tokenizer.Span) []Word {
	var out []Word
	token := 0
	for _, w := range words {
		for token < e.Len() && (e.Sequence[token] < 0 || e.Offsets[token].End <= w.Start) {
			token++
		}
		first := token
		for token < e.Len() && e.Sequence[token] >= 0 && e.Offsets[token].Start < w.End {
			token++
		}
		if token > first {
			out = append(out, Word{first, token, w.Start, w.End})
		}
	}
	return out
}

// joined reports whether no border between words is where one token ends and the next starts.
func joined(text string, end, start int) bool {
	if start < end { // both come from one character
		return true
	}
	before, _ := utf8.DecodeLastRuneInString(text[:end])
	after, _ := utf8.DecodeRuneInString(text[start:])
	return start == end && inWord(before) && inWord(after)
}

func inWord(r rune) bool { return !unicode.IsSpace(r) && !unicode.IsPunct(r) && !unicode.IsSymbol(r) }

// trim leaves out the white space around text[start:end].
func trim(text string, start, end int) (int, int) {
	part := text[start:end]
	end -= len(part) - len(strings.TrimRightFunc(part, unicode.IsSpace))
	return min(end-len(strings.TrimLeftFunc(text[start:end], unicode.IsSpace)), end), end
}

// frame is the special tokens around a text: the first lead tokens, and those from tail on.
func frame(e *tokenizer.Encoding) (lead, tail int) {
	for lead < e.Len() && e.Sequence[lead] < 0 {
		lead++
	}
	for tail = e.Len(); tail > lead && e.Sequence[tail-1] < 0; tail-- {
	}
	return lead, tail
}

// window is how far from words[from] one pass of the model over room tokens reaches: at least one word.
func window(words []word, from, room int) int {
	to := from + 1
	for to < len(words) && words[to].Last-words[from].First <= room {
		to++
	}
	return to
}

// label runs the model on words, which are tokens of s.encoding, and gives them their labels. Of a word that is longer
// than room tokens the model sees the beginning.
func (m *Model) label(s *space, words []word, room int) error {
	e := &s.encoding
	lead, tail := frame(e)
	first := words[0].First
	last := min(words[len(words)-1].Last, first+room)
	s.batch.Reset()
	s.batch.Add(slices.Concat(e.IDs[:lead], e.IDs[first:last], e.IDs[tail:]), slices.Concat(e.Types[:lead], e.Types[first:last], e.Types[tail:]))
	scores, err := m.model.TokenScores(&s.work, &s.batch)
	if err != nil {
		return err
	}
	labels := m.model.Labels
	for i := range words {
		row := lead + words[i].First - first
		p := scores[row*len(labels) : (row+1)*len(labels)]
		kernel.Softmax(p)
		best := 0
		for j := range p {
			if p[j] > p[best] {
				best = j
			}
		}
		words[i].label, words[i].score = labels[best], p[best]
	}
	return nil
}

// join makes entities of labelled words. An I-X after anything but an X begins one, as in CoNLL's evaluation.
func join(words []word) []Entity {
	var out []Entity
	open := -1 // the entity that the next word may go on with
	count := float32(0)
	for _, w := range words {
		kind, name, marked := strings.Cut(w.label, "-")
		switch {
		case w.label == "O" || w.Start >= w.End:
			open = -1
			continue
		case !marked:
			kind, name = "I", w.label
		}
		if kind == "I" && open >= 0 && out[open].Label == name {
			e := &out[open]
			e.End = w.End
			e.Score = (e.Score*count + w.score) / (count + 1)
			count++
			continue
		}
		out = append(out, Entity{name, w.Start, w.End, w.score})
		open, count = len(out)-1, 1
	}
	return out
}
