package tokenizer

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"math"
	"sync"
)

// Tokenizer turns text into tokens. It is safe for concurrent use.
type Tokenizer struct {
	config  Config
	vocab   vocabulary
	added   matcher // what is found in the raw text
	model   model
	scratch *sync.Pool // of *Encoding, for pairs
}

// model tokenises raw text in which no added token stands.
type model interface {
	// encode appends the tokens of text with their offsets, shifted by base. Once e holds limit tokens it may stop,
	// and may have gone past it.
	encode(e *Encoding, text string, base, limit int)
	// find is the id of a token of the vocabulary, or -1.
	find(token string) int32
	// normalize is the normalised form of a text.
	normalize(text string) string
	// watch sets the added tokens that are looked for in the normalised text.
	watch(m matcher)
}

// Encode writes the tokens of text to dst. With max > 0 at most max tokens come out, the end of the text being cut
// off first; what the template adds is never cut. Bytes that are not UTF-8 count as U+FFFD, each alone.
func (t *Tokenizer) Encode(dst *Encoding, text string, max int) {
	dst.Reset()
	limit := room(t.config.Single, max)
	for i := range t.config.Single {
		p := &t.config.Single[i]
		if p.Sequence < 0 {
			dst.addSpecial(p)
			continue
		}
		end := len(dst.IDs) + min(limit, math.MaxInt-len(dst.IDs))
		t.tokens(dst, text, end)
		dst.truncate(end)
		dst.label(p.Type, 0)
	}
}

// EncodePair writes the tokens of two texts to dst, as the template joins them. With max > 0 at most max tokens
// come out: the longer text is cut until both are as long, then both are (longest_first).
func (t *Tokenizer) EncodePair(dst *Encoding, text, pair string, max int) {
	dst.Reset()
	limit := room(t.config.Pair, max)
	var parts [2]*Encoding
	for i, s := range [2]string{text, pair} {
		parts[i] = t.scratch.Get().(*Encoding)
		parts[i].Reset()
		t.tokens(parts[i], s, limit)
	}
	keep := t.share(parts, text, pair, limit)
	for i := range t.config.Pair {
		p := &t.config.Pair[i]
		if p.Sequence < 0 {
			dst.addSpecial(p)
			continue
		}
		n := keep[p.Sequence]
		dst.IDs = append(dst.IDs, parts[p.Sequence].IDs[:n]...)
		dst.Offsets = append(dst.Offsets, parts[p.Sequence].Offsets[:n]...)
		dst.label(p.Type, p.Sequence)
	}
	for _, e := range parts {
		t.scratch.Put(e)
	}
}

// tokens appends the tokens of a text to e until it holds limit of them. It does not label them.
func (t *Tokenizer) tokens(e *Encoding, text string, limit int) {
	done := 0
	for c := t.added.cursor(text); len(e.IDs) < limit; {
		m, ok := c.next()
		if !ok {
			break
		}
		if m.start > done {
			t.model.encode(e, text[done:m.start], done, limit)
		}
		e.add(m.id, m.start, m.end)
		done = m.end
	}
	if done < len(text) && len(e.IDs) < limit {
		t.model.encode(e, text[done:], done, limit)
	}
}

// ID finds the id of a token.
func (t *Tokenizer) ID(token string) (id int32, ok bool) {
	if id := t.model.find(token); id >= 0 {
		return id, true
	}
	for _, a := range t.config.Added {
		if a.Content == token {
			return a.ID, true
		}
	}
	return 0, false
}

// Token is the token of an id, "" if there is none.
func (t *Tokenizer) Token(id int32) string {
	if s := t.vocab.at(id); s != "" {
		return s
	}
	for _, a := range t.config.Added {
		if a.ID == id {
			return a.Content
		}
	}
	return ""
}

// Size is one more than the greatest id.
func (t *Tokenizer) Size() int {
	size := t.vocab.size()
	for _, a := range t.config.Added {
		size = max(size, int(a.ID)+1)
	}
	return size
}

// Config is what the tokenizer was made with, ids filled in. The caller must not change its slices.
func (t *Tokenizer) Config() Config { return t.config }

// MaxLength is the number of tokens to which the model's files truncate, 0 if they do not say.
func (t *Tokenizer) MaxLength() int { return t.config.MaxLength }

// WithMaxLength is a tokenizer that differs in MaxLength alone: n tokens, 0 for no bound.
func (t *Tokenizer) WithMaxLength(n int) *Tokenizer {
	other := *t
	other.config.MaxLength = max(n, 0)
	return &other
}

// Fingerprint tells tokenizers apart: two with the same one make the same tokens of every text. What Encode does not
// look at, MaxLength and Roles, is not part of it.
func (t *Tokenizer) Fingerprint() string {
	c := t.config
	c.MaxLength, c.Roles = 0, Roles{}
	settings, err := json.Marshal(c)
	if err != nil { // a Config is plain data
		return ""
	}
	h := sha256.New()
	h.Write(settings)
	t.vocab.hash(h)
	if u, ok := t.model.(*unigram); ok {
		h.Write(appendScores(nil, u.scores))
	}
	return hex.EncodeToString(h.Sum(nil))
}
