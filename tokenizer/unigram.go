package tokenizer

import (
	"fmt"
	"math"
	"slices"
	"sync"
	"unicode/utf8"
)

// Unigram says how a SentencePiece Unigram tokenizer (Kudo 2018, arXiv:1804.10959) treats text before its model sees
// it. It is what Config holds beside Unknown, Added and the templates, and in place of the fields of WordPiece.
type Unigram struct {
	Steps        []Step // of the normaliser, in order
	DropSpace    bool   // white space separates words and is gone before Mark comes in (WhitespaceSplit)
	Mark         string // stands for a blank: one character, ▁
	Prepend      Prepend
	Whole        bool // words are not tokenised one by one, so that a token may reach over a Mark
	ByteFallback bool // bytes that no token has are spelt <0x00> to <0xFF>
}

// Prepend says where a Mark goes before text that does not begin with one.
type Prepend string

// Where a Mark is prepended.
const (
	PrependAlways Prepend = "always" // to every stretch between added tokens
	PrependFirst  Prepend = "first"  // to the beginning of the text only
	PrependNever  Prepend = "never"
)

// unigram is the model: the most probable sequence of tokens, whose scores are the logarithms of probabilities.
type unigram struct {
	trie    trie
	scores  []float64 // by id
	unknown int32
	penalty float64     // score of an unknown character
	bytes   *[256]int32 // id of each byte's token, nil without fallback

	settings Unigram
	stages   []stage
	normal   matcher // added tokens that are looked for in the normalised text
	quick    bool    // plain words may be tokenised as they stand
	plain    [plainSize / 64]uint64
	words    sync.Pool // *sentence
}

// plainSize is the number of code points of which it is known whether normalising leaves them alone.
const plainSize = 0x10000

// unknownPenalty is how much less than the least likely token an unknown character scores.
const unknownPenalty = 10

// NewUnigram makes a tokenizer from the tokens of a vocabulary and their scores; a token's id is its index. c.Unigram
// must be set.
func NewUnigram(vocab []string, scores []float64, c Config) (*Tokenizer, error) {
	if len(scores) != len(vocab) {
		return nil, fmt.Errorf("tokenizer: %d scores for %d tokens", len(scores), len(vocab))
	}
	tr, err := vocabularyTrie(vocab)
	if err != nil {
		return nil, err
	}
	return assembleUnigram(newVocabulary(vocab), tr, scores, c)
}

// assembleUnigram makes a tokenizer from a vocabulary, its trie and its scores.
func assembleUnigram(v vocabulary, tr trie, scores []float64, c Config) (*Tokenizer, error) {
	u := &unigram{trie: tr, scores: scores, unknown: tr.find(c.Unknown), settings: *c.Unigram}
	if u.unknown < 0 {
		return nil, fmt.Errorf("tokenizer: the token for unknown characters, %q, is not in the vocabulary", c.Unknown)
	}
	u.penalty = math.Inf(1)
	for id, s := range scores {
		if math.IsNaN(s) || math.IsInf(s, 0) {
			return nil, fmt.Errorf("tokenizer: token %d has the score %v", id, s)
		}
		u.penalty = min(u.penalty, s)
	}
	u.penalty -= unknownPenalty
	if err := u.prepare(); err != nil {
		return nil, fmt.Errorf("tokenizer: %w", err)
	}
	u.words.New = func() any { return new(sentence) }
	return finish(v, u, c)
}

// prepare checks the settings and makes the stages and tables ready.
func (u *unigram) prepare() error {
	s := &u.settings
	if utf8.RuneCountInString(s.Mark) != 1 || !utf8.ValidString(s.Mark) {
		return fmt.Errorf("replacement %q for blanks is not one character", s.Mark)
	}
	if s.Prepend != PrependAlways && s.Prepend != PrependFirst && s.Prepend != PrependNever {
		return fmt.Errorf("prepend_scheme %q is not known", s.Prepend)
	}
	for _, step := range s.Steps {
		st, err := step.stage()
		if err != nil {
			return err
		}
		u.stages = append(u.stages, st)
	}
	if s.ByteFallback {
		u.findBytes()
	}
	u.tabulate()
	return nil
}

// findBytes finds the tokens of bytes; one that is missing is the unknown token here.
func (u *unigram) findBytes() {
	var ids [256]int32
	for b := range ids {
		if ids[b] = u.trie.find(fmt.Sprintf("<0x%02X>", b)); ids[b] < 0 {
			ids[b] = u.unknown
		}
	}
	u.bytes = &ids
}

// tabulate finds out which characters the normaliser leaves alone, and whether words of them can go to the model
// without it.
func (u *unigram) tabulate() {
	mark, _ := utf8.DecodeRuneInString(u.settings.Mark)
	for r := rune(0); r < plainSize; r++ {
		plain := r != ' ' && r != mark && !within(spaces, r) && utf8.ValidRune(r) && r != utf8.RuneError
		for i := 0; plain && i < len(u.stages); i++ {
			plain = u.stages[i].plain(r)
		}
		if plain {
			u.plain[r/64] |= 1 << (r % 64)
		}
	}
	// A blank between words must stay one blank for them to be independent.
	const trial = "a b"
	var d draft
	d.read(trial, 0)
	d.run(u.stages)
	u.quick = !u.settings.Whole && u.isPlain('a') && u.isPlain('b') && len(d.chars) == len(trial) &&
		(d.chars[1].r == ' ' || d.chars[1].r == mark)
}

func (u *unigram) isPlain(r rune) bool {
	return r < plainSize && u.plain[r/64]>>(r%64)&1 != 0
}

func (u *unigram) find(token string) int32 { return u.trie.find(token) }

// watch sets the added tokens that are looked for in the normalised text.
func (u *unigram) watch(m matcher) {
	u.normal = m
	u.quick = u.quick && len(m.tokens) == 0
}

func (u *unigram) normalize(text string) string {
	d := draft{first: true, last: true}
	d.read(text, 0)
	d.run(u.stages)
	var out []byte
	for _, c := range d.chars {
		out = utf8.AppendRune(out, c.r)
	}
	return string(out)
}

func (u *unigram) encode(e *Encoding, text string, base, limit int) {
	s := u.words.Get().(*sentence)
	for i := 0; i < len(text) && len(e.IDs) < limit; {
		if end := u.plainWord(text, i); end > i {
			u.encodePlain(s, e, text, base, i, end)
			i = end
			continue
		}
		end := u.stretch(text, i)
		s.draft.read(text[i:end], base+i)
		s.draft.first, s.draft.last = i == 0, end == len(text)
		s.draft.run(u.stages)
		u.encodeDraft(s, e, base == 0, limit)
		i = end
	}
	if s.size() <= maxScratch {
		u.words.Put(s)
	}
}

// plainWord returns where the word of plain characters ends that begins at text[i], or behind the blank there if i
// is not 0; i if there is no such word, or if more than one blank follows it.
func (u *unigram) plainWord(text string, i int) int {
	if !u.quick {
		return i
	}
	start := i
	if i > 0 {
		start++
	}
	end := u.plainEnd(text, start)
	if end == start || end < len(text) && (text[end] != ' ' || u.plainEnd(text[:min(end+1+utf8.UTFMax, len(text))], end+1) == end+1) {
		return i
	}
	return end
}

// plainEnd returns where the plain characters from text[i] on end.
func (u *unigram) plainEnd(text string, i int) int {
	for i < len(text) {
		if c := text[i]; c < utf8.RuneSelf {
			if u.plain[c/64]>>(c%64)&1 == 0 {
				break
			}
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		if !u.isPlain(r) || r == utf8.RuneError {
			break
		}
		i += size
	}
	return i
}

// stretch returns the end of what must be normalised together from text[i] on: up to a single blank between plain
// characters.
func (u *unigram) stretch(text string, i int) int {
	if !u.quick {
		return len(text)
	}
	plain := false // what stands before text[i]
	for i < len(text) {
		if text[i] == ' ' {
			if next, _ := utf8.DecodeRuneInString(text[i+1:]); plain && i+1 < len(text) && u.isPlain(next) {
				return i
			}
			plain = false
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		plain = u.isPlain(r)
		i += size
	}
	return i
}

// encodePlain encodes text[i:end], a word that plainWord found.
func (u *unigram) encodePlain(s *sentence, e *Encoding, text string, base, i, end int) {
	start, marked := i, i > 0 && !u.settings.DropSpace
	at := Span{base + i, base + i + 1} // of the mark: the blank that it stands for, or the first character
	if i > 0 {
		start++
	}
	if !marked {
		marked = u.marked(i == 0 || u.settings.DropSpace, base+i == 0)
		_, size := utf8.DecodeRuneInString(text[start:])
		at = Span{base + start, base + start + size}
	}
	s.text = s.text[:0]
	if marked {
		s.text = append(s.text, u.settings.Mark...)
	}
	shift := base + start - len(s.text) // from s.text to the original
	lead := len(s.text)
	s.text = append(s.text, text[start:end]...)
	u.solve(s)
	for _, p := range s.pieces {
		from, to := p.from+shift, p.to+shift
		if p.from < lead {
			from = at.Start
		}
		if p.to <= lead {
			to = at.End
		}
		u.emit(s, e, p, from, to)
	}
}

// marked reports whether what does not begin with a mark gets one. first says that nothing stands before it between
// added tokens, or that it is a word cut off at white space; start that it is the beginning of the text.
func (u *unigram) marked(first, start bool) bool {
	switch u.settings.Prepend {
	case PrependAlways:
		return first
	case PrependFirst:
		return start
	}
	return false
}

// emit appends a piece with its place in the original text.
func (u *unigram) emit(s *sentence, e *Encoding, p segment, from, to int) {
	if p.id != u.unknown {
		e.add(p.id, from, to)
		return
	}
	// Characters without a token are one unknown token together, unless what they spell has one after all.
	spelt := s.text[p.from:p.to]
	if n, ok := walk(&u.trie, u.trie.root, spelt); ok && n.id() >= 0 {
		e.add(n.id(), from, to)
		return
	}
	if u.bytes == nil || slices.ContainsFunc(spelt, func(b byte) bool { return u.bytes[b] == u.unknown }) {
		e.add(u.unknown, from, to)
		return
	}
	for _, b := range spelt {
		e.add(u.bytes[b], from, to)
	}
}
