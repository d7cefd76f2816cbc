package tokenizer

import (
	"slices"
	"unicode/utf8"
)

// normalizer is BERT's: clean, set Chinese characters apart, strip accents, lower, in this order.
type normalizer struct {
	clean, chinese, strip, lower bool
	flat                         *[flatSize]property
}

// char is one character of the normalised text and the bytes of the original that it stands for.
type char struct {
	r          rune
	start, end int
}

func (n *normalizer) properties(r rune) property {
	if r < flatSize {
		return n.flat[r]
	}
	return highProperties(r)
}

// next normalises the character at text[i], with the combining marks after it if accents are stripped, and appends
// what is left of them to out. It returns where the next character begins.
func (n *normalizer) next(out []char, text string, i int) ([]char, int) {
	r, size := utf8.DecodeRuneInString(text[i:])
	p := n.properties(r)
	end := i + size
	switch {
	case n.clean && p&isDropped != 0:
		return out, end
	case n.clean && p&isSpace != 0:
		return append(out, char{' ', i, end}), end
	}
	if n.chinese && p&isIdeograph != 0 {
		out = n.plain(append(out, char{' ', i, end}), r, p, i, end)
		return append(out, char{' ', i, end}), end
	}
	if !n.strip {
		return n.plain(out, r, p, i, end), end
	}
	stop, moves := n.run(text, end)
	if moves || p&isSurvivor != 0 {
		return n.reorder(out, text, i, stop), stop
	}
	if p&isNonspacing == 0 {
		out = n.plain(out, r, p, i, end)
	}
	return out, stop
}

// run finds the end of the nonstarters from text[i] on, and whether some of them survive the stripping. If none
// does, they can be passed over.
func (n *normalizer) run(text string, i int) (end int, survivors bool) {
	for i < len(text) {
		r, size := utf8.DecodeRuneInString(text[i:])
		p := n.properties(r)
		if p&isNonstarter == 0 && (!n.clean || p&isDropped == 0) {
			break
		}
		survivors = survivors || p&isSurvivor != 0
		i += size
	}
	return i, survivors
}

// plain appends a character that no combining mark can move away from its place.
func (n *normalizer) plain(out []char, r rune, p property, start, end int) []char {
	if p&isMapped == 0 {
		return append(out, char{r, start, end})
	}
	if !n.strip {
		return n.lowered(out, r, start, end)
	}
	if r >= hangulFirst && r <= hangulLast {
		lead, vowel, trail := hangul(r)
		out = append(out, char{lead, start, end}, char{vowel, start, end})
		if trail != 0 {
			out = append(out, char{trail, start, end})
		}
		return out
	}
	to := canonical(r)
	if to == "" {
		return n.lowered(out, r, start, end)
	}
	for _, d := range to {
		if n.properties(d)&isNonspacing == 0 {
			out = n.lowered(out, d, start, end)
		}
	}
	return out
}

// lowered appends a decomposed character, in lower case if asked.
func (n *normalizer) lowered(out []char, r rune, start, end int) []char {
	if n.lower {
		if r == dottedI {
			return append(out, char{'i', start, end}, char{0x307, start, end})
		}
		r = lower(r)
	}
	return append(out, char{r, start, end})
}

// part is a character of a decomposed text whose order is not canonical yet.
type part struct {
	r     rune
	class uint8
	first bool // begins a decomposition
}

// reorder normalises text[i:end], a character and the nonstarters behind it, where marks that stripping leaves change
// places. As in the original, the marks move but the places that they are said to come from do not: the k-th
// character that begins a decomposition is taken to come from the k-th character of the text.
func (n *normalizer) reorder(out []char, text string, i, end int) []char {
	var parts []part
	var places []Span
	for i < end {
		r, size := utf8.DecodeRuneInString(text[i:])
		if !n.clean || n.properties(r)&isDropped == 0 {
			parts = decompose(parts, r)
			places = append(places, Span{i, i + size})
		}
		i += size
	}
	sortRuns(parts)
	place := -1
	for _, p := range parts {
		if p.first || place < 0 {
			place++
		}
		if n.properties(p.r)&isNonspacing == 0 {
			out = n.lowered(out, p.r, places[place].Start, places[place].End)
		}
	}
	return out
}

func decompose(parts []part, r rune) []part {
	if r >= hangulFirst && r <= hangulLast {
		lead, vowel, trail := hangul(r)
		parts = append(parts, part{r: lead, first: true}, part{r: vowel})
		if trail != 0 {
			parts = append(parts, part{r: trail})
		}
		return parts
	}
	to := canonical(r)
	if to == "" {
		return append(parts, part{r, combiningClass(r), true})
	}
	for i, d := range to {
		parts = append(parts, part{d, combiningClass(d), i == 0})
	}
	return parts
}

// sortRuns puts each run of nonstarters into canonical order.
func sortRuns(parts []part) {
	for lo := 0; lo < len(parts); {
		hi := lo
		for hi < len(parts) && parts[hi].class != 0 {
			hi++
		}
		slices.SortStableFunc(parts[lo:hi], func(a, b part) int { return int(a.class) - int(b.class) })
		lo = hi + 1
	}
}
