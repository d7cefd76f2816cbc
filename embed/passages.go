package embed

import (
	"strings"
	"unicode"

	"github.com/bertsearch/bertsearch/tokenizer"
)

// sentenceBytes is the length at which a sentence without an end is cut. It
// bounds the memory of a cut and keeps the time linear in the text.
const sentenceBytes = 4096

// Passages cuts a document on sentence borders into ranges of text that fit
// the model with the title; see [Embedder]. A sentence that does not fit is cut
// between words. Time is linear in the length of text.
func (b *BERT) Passages(title, text string) []Span {
	w := b.workers.Get().(*worker)
	defer b.workers.Put(w)
	prompt := b.prompts[Passage].text
	limit := b.options.PassageTokens
	b.tokens.Encode(&w.encoding, prompt+PassageText(title, text), limit+1)
	if w.encoding.Len() <= limit {
		return []Span{{0, len(text)}}
	}
	b.tokens.Encode(&w.encoding, prompt+title, limit)
	room := limit - w.encoding.Len()
	// A title that fills the passage would leave nothing of the text to find.
	c := cutter{text: text, room: max(room, limit/4, 1), overlap: b.options.Overlap, tokens: b.tokens, encoding: &w.encoding}
	return c.cut()
}

// cutter collects sentences into passages of at most room tokens.
type cutter struct {
	text     string
	room     int
	overlap  int
	tokens   *tokenizer.Tokenizer
	encoding *tokenizer.Encoding

	spans   []Span
	pending []piece // of the passage being filled
	sum     int     // their tokens
	fresh   bool    // pending has more than what the last passage had
}

// piece is a sentence, or a part of one, with its number of tokens.
type piece struct {
	Span
	tokens int
}

func (c *cutter) cut() []Span {
	for at := 0; at < len(c.text); {
		end := at + sentenceEnd(c.text[at:], sentenceBytes)
		c.sentence(at, end)
		at = end
	}
	c.flush()
	if len(c.spans) == 0 {
		return []Span{{0, len(c.text)}}
	}
	return c.spans
}

// sentence adds text[start:end], in parts where it is longer than a passage.
func (c *cutter) sentence(start, end int) {
	c.tokens.Encode(c.encoding, c.text[start:end], 0)
	e := c.encoding
	from, count := start, 0
	word, wordCount := 0, 0 // the last border of words, and the tokens before it
	for i, offset := range e.Offsets {
		if e.Sequence[i] < 0 {
			continue
		}
		if at := start + offset.Start; count > 0 && startsWord(c.text, at) {
			word, wordCount = at, count
		}
		if count == c.room {
			cut, n := start+offset.Start, count
			if wordCount > c.room/2 {
				cut, n = word, wordCount
			}
			if cut > from { // several tokens of one character stay together
				c.add(piece{Span{from, cut}, n})
				from, count, wordCount = cut, count-n, 0
			}
		}
		count++
	}
	if count > 0 {
		c.add(piece{Span{from, end}, count})
	}
}

// startsWord says whether white space stands before position at.
func startsWord(text string, at int) bool {
	return at > 0 && strings.IndexByte(" \t\n\r", text[at-1]) >= 0
}

// add puts p into the passage, after closing it where p has no room.
func (c *cutter) add(p piece) {
	if c.sum+p.tokens > c.room && len(c.pending) > 0 {
		c.flush()
		c.keep(c.room - p.tokens)
	}
	c.pending = append(c.pending, p)
	c.sum += p.tokens
	c.fresh = true
}

// flush closes the passage, without the white space around it.
func (c *cutter) flush() {
	if !c.fresh {
		return
	}
	start, end := c.pending[0].Start, c.pending[len(c.pending)-1].End
	end = start + len(strings.TrimRightFunc(c.text[start:end], unicode.IsSpace))
	start = end - len(strings.TrimLeftFunc(c.text[start:end], unicode.IsSpace))
	if start < end {
		c.spans = append(c.spans, Span{start, end})
	}
	c.fresh = false
}

// keep begins the next passage with the last pieces of the one before, as many
// as the overlap and the room beside the next piece allow.
func (c *cutter) keep(room int) {
	room = min(room, c.overlap)
	sum, first := 0, len(c.pending)
	for first > 1 && sum+c.pending[first-1].tokens <= room {
		first--
		sum += c.pending[first].tokens
	}
	c.pending = append(c.pending[:0], c.pending[first:]...)
	c.sum = sum
}
