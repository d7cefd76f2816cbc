package tokenizer

import (
	"slices"
	"sync"
)

// span is a range of code points, both ends included.
type span struct{ lo, hi rune }

// classSpan is a range of code points of one canonical combining class.
type classSpan struct {
	lo, hi rune
	class  uint8
}

// caseSpan maps every step-th code point of a range to the one delta further.
type caseSpan struct {
	lo, hi      rune
	step, delta int32
}

// decomposition is one code point's full canonical decomposition.
type decomposition struct {
	from rune
	to   string
}

// property is what the normaliser and the splitter ask about a code point, one bit each.
type property uint8

const (
	isSpace      property = 1 << iota // separates words
	isPunct                           // a word of its own
	isDropped                         // removed when text is cleaned
	isIdeograph                       // set apart when Chinese characters are handled
	isNonspacing                      // removed when accents are stripped
	isNonstarter                      // its decomposition begins with a combining class other than 0
	isSurvivor                        // its decomposition holds a nonstarter that stripping leaves, so order matters
	isMapped                          // has a decomposition or a lower case
)

// flatSize is the number of code points whose properties stand in a flat table; the planes above hold ideographs,
// private use and little else, so they are searched.
const flatSize = 0x20000

// flatProperties is filled once, when the first tokenizer is made.
var flatProperties = sync.OnceValue(func() *[flatSize]property {
	table := new([flatSize]property)
	mark := func(spans []span, p property) {
		for _, s := range spans {
			for r := s.lo; r <= min(s.hi, flatSize-1); r++ {
				table[r] |= p
			}
		}
	}
	mark(spaces, isSpace)
	mark(punctuation, isPunct)
	mark(dropped, isDropped)
	mark(ideographs, isIdeograph)
	mark(nonspacing, isNonspacing)
	mark([]span{{hangulFirst, hangulLast}, {dottedI, dottedI}}, isMapped)
	for _, s := range lowered {
		for r := s.lo; r <= min(s.hi, flatSize-1); r += s.step {
			table[r] |= isMapped
		}
	}
	for _, s := range combining {
		for r := s.lo; r <= min(s.hi, flatSize-1); r++ {
			table[r] |= isNonstarter
			if table[r]&isNonspacing == 0 {
				table[r] |= isSurvivor
			}
		}
	}
	for _, d := range decomposed {
		if d.from < flatSize {
			table[d.from] |= decomposedProperty(d.to)
		}
	}
	return table
})

// decomposedProperty is what a code point inherits from its decomposition.
func decomposedProperty(to string) property {
	p := isMapped
	for i, r := range to {
		class := combiningClass(r)
		if class != 0 && i == 0 {
			p |= isNonstarter
		}
		if class != 0 && !within(nonspacing, r) {
			p |= isSurvivor
		}
	}
	return p
}

// highProperties finds the properties of a code point from flatSize on.
func highProperties(r rune) property {
	var p property
	for _, set := range [...]struct {
		spans []span
		bit   property
	}{{spaces, isSpace}, {punctuation, isPunct}, {dropped, isDropped}, {ideographs, isIdeograph}, {nonspacing, isNonspacing}} {
		if within(set.spans, r) {
			p |= set.bit
		}
	}
	if to := canonical(r); to != "" {
		p |= decomposedProperty(to)
	}
	return p
}

func within(spans []span, r rune) bool {
	_, ok := slices.BinarySearchFunc(spans, r, func(s span, r rune) int { return side(s.lo, s.hi, r) })
	return ok
}

// side says on which side of r the range lies, for a binary search.
func side(lo, hi, r rune) int {
	switch {
	case hi < r:
		return -1
	case lo > r:
		return 1
	}
	return 0
}

// combiningClass is the canonical combining class of r.
func combiningClass(r rune) uint8 {
	i, ok := slices.BinarySearchFunc(combining, r, func(s classSpan, r rune) int { return side(s.lo, s.hi, r) })
	if !ok {
		return 0
	}
	return combining[i].class
}

// canonical is the full canonical decomposition of r, "" if r stands for itself or is a Hangul syllable.
func canonical(r rune) string {
	i, ok := slices.BinarySearchFunc(decomposed, r, func(d decomposition, r rune) int { return int(d.from - r) })
	if !ok {
		return ""
	}
	return decomposed[i].to
}

// dottedI is İ, the one letter whose lower case is two characters.
const dottedI = 0x130

// lower is the lower case of r if that is one character. A letter followed by others is lowered as it would be
// alone: there is no final sigma.
func lower(r rune) rune {
	i, ok := slices.BinarySearchFunc(lowered, r, func(s caseSpan, r rune) int { return side(s.lo, s.hi, r) })
	if !ok || (r-lowered[i].lo)%lowered[i].step != 0 {
		return r
	}
	return r + lowered[i].delta
}

// Hangul syllables decompose by arithmetic (Unicode, section 3.12).
const (
	hangulFirst    = 0xAC00
	hangulLast     = 0xD7A3
	leadBase       = 0x1100
	vowelBase      = 0x1161
	trailBase      = 0x11A7
	vowelCount     = 21
	trailCount     = 28
	syllablesALead = vowelCount * trailCount
)

// hangul takes a syllable apart; trail is 0 for a syllable of two letters.
func hangul(r rune) (lead, vowel, trail rune) {
	i := r - hangulFirst
	lead, vowel = leadBase+i/syllablesALead, vowelBase+i%syllablesALead/trailCount
	if t := i % trailCount; t != 0 {
		trail = trailBase + t
	}
	return lead, vowel, trail
}
