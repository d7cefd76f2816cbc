package tokenizer

import (
	"slices"
	"unicode/utf8"
)

// sentence is the memory of a unigram model at work.
type sentence struct {
	draft  draft
	text   []byte    // the word that is tokenised
	places []Span    // for each byte of text, where its character comes from
	best   []arrival // best[i] ends at text[i]
	pieces []segment
}

// arrival is the last token of the most probable sequence up to some place in a word.
type arrival struct {
	score float64 // of the whole sequence
	from  int32   // where the token begins; -1 if none ends here
	id    int32
}

// segment is a token of a word: text[from:to].
type segment struct {
	from, to int
	id       int32
}

// maxScratch is the size up to which memory is kept for the next text.
const maxScratch = 1 << 20

func (s *sentence) size() int {
	return cap(s.draft.chars) + cap(s.draft.next) + cap(s.text) + cap(s.places) + cap(s.best)
}

// solve finds the most probable tokens of s.text, left to right, into s.pieces (Viterbi 1967). Neighbouring unknown
// characters become one piece. Of equally probable sequences the one whose last token begins first wins.
func (u *unigram) solve(s *sentence) {
	text := s.text
	n := len(text)
	if cap(s.best) < n+1 {
		s.best = make([]arrival, n+1, 2*n+64)
	}
	best := s.best[:n+1]
	for i := range best {
		best[i].from = -1
	}
	best[0].score = 0
	for at := 0; at < n; {
		till := best[at].score
		size := 1
		if text[at] >= utf8.RuneSelf {
			_, size = utf8.DecodeRune(text[at:])
		}
		alone := false // the character has a token of its own
		node := u.trie.root
		for k := at; k < n; k++ {
			next, ok := u.trie.step(node, text[k])
			if !ok {
				break
			}
			node = next
			if id := node.id(); id >= 0 {
				best[k+1].improve(till+u.scores[id], at, id)
				alone = alone || k+1-at == size
			}
		}
		if !alone {
			best[at+size].improve(till+u.penalty, at, u.unknown)
		}
		at += size
	}
	s.pieces = s.pieces[:0]
	for end := n; end > 0; {
		b := best[end]
		if last := len(s.pieces) - 1; last >= 0 && b.id == u.unknown && s.pieces[last].id == u.unknown {
			s.pieces[last].from = int(b.from)
		} else {
			s.pieces = append(s.pieces, segment{int(b.from), end, b.id})
		}
		end = int(b.from)
	}
	slices.Reverse(s.pieces)
}

// improve takes a token if it makes a better sequence.
func (b *arrival) improve(score float64, from int, id int32) {
	if b.from < 0 || score > b.score {
		*b = arrival{score, int32(from), id}
	}
}
