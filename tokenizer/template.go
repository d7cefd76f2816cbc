package tokenizer

import (
	"fmt"
	"math"
)

// addSpecial appends a special token of the template.
func (e *Encoding) addSpecial(p *Piece) {
	for _, id := range p.IDs {
		e.add(id, 0, 0)
	}
	e.label(p.Type, -1)
}

// room is the number of tokens that a template leaves for texts when max come out in all.
func room(template []Piece, limit int) int {
	if limit <= 0 {
		return math.MaxInt
	}
	for _, p := range template {
		limit -= len(p.IDs)
	}
	return max(limit, 0)
}

// share says how many tokens of each text are kept when both have limit tokens together. Parts may stop at limit.
func (t *Tokenizer) share(parts [2]*Encoding, text, pair string, limit int) [2]int {
	a, b := len(parts[0].IDs), len(parts[1].IDs)
	if a <= limit && b <= limit-a {
		return [2]int{a, b}
	}
	if a >= limit && b >= limit && limit%2 == 1 {
		// The odd token goes to the longer text, and where both were left off only a full count tells which.
		a, b = t.count(parts[0], text), t.count(parts[1], pair)
	}
	short := min(a, b, limit/2)
	if a <= b {
		return [2]int{short, limit - short}
	}
	return [2]int{limit - short, short}
}

// count is the number of tokens of a text; e receives them.
func (t *Tokenizer) count(e *Encoding, text string) int {
	e.Reset()
	t.tokens(e, text, math.MaxInt)
	return len(e.IDs)
}

// resolve fills in the ids of a template's special tokens, where they are not given, and checks it.
func resolve(template []Piece, sequences int8, find func(string) (int32, bool)) ([]Piece, error) {
	out := make([]Piece, len(template))
	seen := map[int8]bool{}
	for i, p := range template {
		out[i] = p
		switch {
		case p.Sequence >= sequences:
			return nil, fmt.Errorf("template names sequence %d of %d", p.Sequence, sequences)
		case p.Sequence >= 0:
			seen[p.Sequence] = true
			out[i].Special, out[i].IDs = "", nil
			continue
		case p.Sequence < 0 && len(p.IDs) == 0:
			id, ok := find(p.Special)
			if !ok {
				return nil, fmt.Errorf("the template's token %q is not in the vocabulary", p.Special)
			}
			out[i].IDs = []int32{id}
		}
		out[i].Sequence = -1
	}
	if len(seen) != int(sequences) {
		return nil, fmt.Errorf("template lacks a text: it names %d of %d", len(seen), sequences)
	}
	return out, nil
}
