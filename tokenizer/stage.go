package tokenizer

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Step is one step of a Unigram tokenizer's normaliser. Kind is the name that tokenizer.json gives it: Precompiled,
// Nmt, NFC, NFD, NFKC, NFKD, Lowercase, Strip or Replace; the other fields belong to single kinds.
type Step struct {
	Kind        string
	Charsmap    []byte `json:",omitempty"` // Precompiled: SentencePiece's compiled rules
	Pattern     string `json:",omitempty"` // Replace: what is replaced, as it stands
	AtLeast     int    `json:",omitempty"` // Replace: Pattern is one character, so many of it or more; 0 is Pattern once
	Content     string `json:",omitempty"` // Replace: what comes in its place
	Left, Right bool   `json:",omitempty"` // Strip: which ends lose their white space
}

// stage is a Step ready for use.
type stage interface {
	// apply appends the normalised form of d.chars to d.next, which is empty.
	apply(d *draft)
	// plain reports whether r stays as it is wherever it stands between other plain characters and single blanks.
	plain(r rune) bool
}

// draft is a stretch of text between two stages.
type draft struct {
	chars       []char
	first, last bool   // it begins, or ends, where its text does
	next        []char // what the stage makes of chars

	// memory of single stages
	parts []formPart
	text  []byte
}

// run takes the draft through the stages.
func (d *draft) run(stages []stage) {
	for _, s := range stages {
		d.next = d.next[:0]
		s.apply(d)
		d.chars, d.next = d.next, d.chars
	}
}

// stage makes the step ready.
func (s Step) stage() (stage, error) {
	switch s.Kind {
	case "Precompiled":
		return parseCharsmap(s.Charsmap)
	case "Nmt":
		return nmtStage{}, nil
	case "NFC", "NFD", "NFKC", "NFKD":
		return formStage{compatible: s.Kind[2] == 'K', compose: strings.HasSuffix(s.Kind, "C")}, nil
	case "Lowercase":
		return lowerStage{}, nil
	case "Strip":
		return stripStage{s.Left, s.Right}, nil
	case "Replace":
		r := replaceStage{pattern: []rune(s.Pattern), atLeast: s.AtLeast, content: []rune(s.Content)}
		if len(r.pattern) == 0 || s.AtLeast < 0 || s.AtLeast > 0 && len(r.pattern) > 1 {
			return nil, fmt.Errorf("normalizer Replace has the pattern %q, at least %d times", s.Pattern, s.AtLeast)
		}
		return r, nil
	}
	return nil, fmt.Errorf("normalizer %q is not supported", s.Kind)
}

// nmtStage is the cleaning of neural machine translation data: some controls go, odd spaces become blanks.
type nmtStage struct{}

func (nmtStage) apply(d *draft) {
	for _, c := range d.chars {
		switch {
		case nmtDrops(c.r):
			continue
		case nmtBlanks(c.r):
			c.r = ' '
		}
		d.next = append(d.next, c)
	}
}

func (nmtStage) plain(r rune) bool { return !nmtDrops(r) && !nmtBlanks(r) }

func nmtDrops(r rune) bool {
	return r >= 0x1 && r <= 0x8 || r == 0xB || r >= 0xE && r <= 0x1F || r == 0x7F || r == 0x8F || r == 0x9F
}

func nmtBlanks(r rune) bool {
	switch r {
	case '\t', '\n', '\f', '\r', 0x1680, 0x2028, 0x2029, 0x2581, 0xFEFF, 0xFFFD:
		return true
	}
	return r >= 0x200B && r <= 0x200F
}

// lowerStage lowers each character as it would be alone.
type lowerStage struct{}

func (lowerStage) apply(d *draft) {
	for _, c := range d.chars {
		if c.r == dottedI {
			d.next = append(d.next, char{'i', c.start, c.end}, char{0x307, c.start, c.end})
			continue
		}
		c.r = lower(c.r)
		d.next = append(d.next, c)
	}
}

func (lowerStage) plain(r rune) bool { return r != dottedI && lower(r) == r }

// stripStage drops white space at the ends of a text.
type stripStage struct{ left, right bool }

func (s stripStage) apply(d *draft) {
	src := d.chars
	for s.left && d.first && len(src) > 0 && unicode.IsSpace(src[0].r) {
		src = src[1:]
	}
	for s.right && d.last && len(src) > 0 && unicode.IsSpace(src[len(src)-1].r) {
		src = src[:len(src)-1]
	}
	d.next = append(d.next, src...)
}

func (stripStage) plain(r rune) bool { return !unicode.IsSpace(r) }

// replaceStage puts content in the place of a pattern. Content is said to come from the pattern's last character, as
// Hugging Face has it.
type replaceStage struct {
	pattern []rune
	atLeast int
	content []rune
}

func (s replaceStage) apply(d *draft) {
	src := d.chars
	for i := 0; i < len(src); {
		n := s.match(src[i:])
		if n == 0 {
			d.next = append(d.next, src[i])
			i++
			continue
		}
		i += n
		for _, r := range s.content {
			d.next = append(d.next, char{r, src[i-1].start, src[i-1].end})
		}
	}
}

// match is the number of characters at the beginning of src that the pattern takes.
func (s replaceStage) match(src []char) int {
	n := 0
	if s.atLeast > 0 {
		for n < len(src) && src[n].r == s.pattern[0] {
			n++
		}
		if n < s.atLeast {
			return 0
		}
		return n
	}
	for n < len(s.pattern) {
		if n == len(src) || src[n].r != s.pattern[n] {
			return 0
		}
		n++
	}
	return n
}

func (s replaceStage) plain(r rune) bool { return !slices.Contains(s.pattern, r) }

// read fills the draft with the characters of text, whose offsets begin at base.
func (d *draft) read(text string, base int) {
	d.chars = d.chars[:0]
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		d.chars = append(d.chars, char{r, base + i, base + i + size})
		i += size
	}
}
