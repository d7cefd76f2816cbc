package tokenizer

import (
	"fmt"
	"sync"
	"unicode/utf8"
)

// wordPiece is BERT's model: its normaliser, its splitter and its vocabulary in one walk.
type wordPiece struct {
	normalizer normalizer
	trie       trie
	more       node // where the tokens that continue a word begin
	unknown    int32
	maxChars   int
	normal     matcher // added tokens that are looked for in the normalised text
	class      [256]byteClass
	fold       [256]byte  // a word's byte, in lower case if the model lowers
	single     [256]int32 // id of an ASCII punctuation character
	words      sync.Pool  // *word
}

// byteClass is what a byte at the start of a character means to the walk over ASCII.
type byteClass uint8

const (
	letter byteClass = iota // part of a word, mapped to one byte
	blank
	punct
	other // not ASCII, or dropped: needs the normaliser
)

// NewWordPiece makes a tokenizer from the tokens of a vocabulary; a token's id is its index. Empty strings are ids
// without a token. An error names what is missing from the vocabulary.
func NewWordPiece(vocab []string, c Config) (*Tokenizer, error) {
	tr, err := vocabularyTrie(vocab)
	if err != nil {
		return nil, err
	}
	return assembleWordPiece(newVocabulary(vocab), tr, c)
}

// assembleWordPiece makes a tokenizer from a vocabulary and its trie.
func assembleWordPiece(v vocabulary, tr trie, c Config) (*Tokenizer, error) {
	w := &wordPiece{trie: tr, unknown: tr.find(c.Unknown), maxChars: c.MaxWordChars}
	if w.unknown < 0 {
		return nil, fmt.Errorf("tokenizer: the token for unknown words, %q, is not in the vocabulary", c.Unknown)
	}
	if c.MaxWordChars < 0 {
		return nil, fmt.Errorf("tokenizer: negative length of words in the settings: %d", c.MaxWordChars)
	}
	w.normalizer = normalizer{c.CleanText, c.ChineseChars, c.StripAccents, c.Lowercase, flatProperties()}
	w.words.New = func() any { return new(word) }
	if n, ok := walk(&tr, tr.root, c.Prefix); ok {
		w.more = n
	}
	w.tabulate()
	return finish(v, w, c)
}

// watch sets the added tokens that are looked for in the normalised text.
func (w *wordPiece) watch(m matcher) { w.normal = m }

// tabulate fills the tables of the walk over ASCII from the normaliser's properties.
func (w *wordPiece) tabulate() {
	n := &w.normalizer
	for c := range w.class {
		p := n.flat[c]
		switch {
		case c >= utf8.RuneSelf || n.clean && p&isDropped != 0:
			w.class[c] = other
		case p&isSpace != 0:
			w.class[c] = blank
		case p&isPunct != 0:
			w.class[c] = punct
			w.single[c] = w.unknown
			if id := w.trie.find(string(rune(c))); id >= 0 && w.maxChars > 0 {
				w.single[c] = id
			}
		}
		w.fold[c] = byte(c)
		if n.lower && c < utf8.RuneSelf {
			w.fold[c] = byte(lower(rune(c)))
		}
	}
}

func (w *wordPiece) find(token string) int32 { return w.trie.find(token) }

func (w *wordPiece) encode(e *Encoding, text string, base, limit int) {
	if len(w.normal.tokens) > 0 {
		w.encodeNormalized(e, text, base, limit)
		return
	}
	for i := 0; i < len(text) && len(e.IDs) < limit; {
		switch c := text[i]; w.class[c] {
		case letter:
			i = w.ascii(e, text, base, i, limit)
		case blank:
			i++
		case punct:
			e.add(w.single[c], base+i, base+i+1)
			i++
		default:
			i = w.mixed(e, text, base, i, limit)
		}
	}
}

// ascii encodes the word that begins at text[i], and returns where it ends.
func (w *wordPiece) ascii(e *Encoding, text string, base, i, limit int) int {
	n := w.trie.root
	end, id := i, int32(-1) // of the longest token so far
	j := i
	for ; j < len(text) && w.class[text[j]] == letter; j++ {
		next, ok := w.trie.step(n, w.fold[text[j]])
		if !ok {
			break
		}
		n = next
		if k := n.id(); k >= 0 {
			end, id = j+1, k
		}
	}
	for j < len(text) && w.class[text[j]] == letter {
		j++
	}
	if j < len(text) && w.class[text[j]] == other {
		return w.mixed(e, text, base, i, limit)
	}
	mark := len(e.IDs)
	if id >= 0 && j-i <= w.maxChars {
		e.add(id, base+i, base+end)
		if end == j || w.rest(e, text[:j], base, end) {
			return j
		}
		e.IDs, e.Offsets = e.IDs[:mark], e.Offsets[:mark]
	}
	e.add(w.unknown, base+i, base+j)
	return j
}

// rest encodes an ASCII word from text[start] to the end of text, its beginning being done; false if some part of it
// has no token.
func (w *wordPiece) rest(e *Encoding, text string, base, start int) bool {
	for start < len(text) {
		n, end, id := w.more, start, int32(-1)
		for k := start; k < len(text); k++ {
			next, ok := w.trie.step(n, w.fold[text[k]])
			if !ok {
				break
			}
			n = next
			if v := n.id(); v >= 0 {
				end, id = k+1, v
			}
		}
		if id < 0 {
			return false
		}
		e.add(id, base+start, base+end)
		start = end
	}
	return true
}
