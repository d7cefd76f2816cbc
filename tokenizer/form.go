package tokenizer

import (
	"slices"
	"sync"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// formStage is a Unicode normalisation form (Unicode Standard Annex #15). Canonical decompositions and combining
// classes are those of our tables, compatibility decompositions those of x/text but for the characters in newer.
type formStage struct {
	compatible bool // NFKC and NFKD
	compose    bool // NFC and NFKC
}

// newer are the characters to which Unicode gave a compatibility decomposition after version 9, which is what Hugging
// Face's tokenizers know.
var newer = []span{
	{0x32FF, 0x32FF}, {0xA7F2, 0xA7F4}, {0xAB69, 0xAB69}, {0x10781, 0x10785}, {0x10787, 0x107B0}, {0x107B2, 0x107BA},
	{0x11938, 0x11938}, {0x1E030, 0x1E06D}, {0x1F16C, 0x1F16C}, {0x1FBF0, 0x1FBF9},
}

// formPart is a character on its way through the form. It stands for 1-change characters of the text: 0 when it
// only continues what the part before it came from, 2 and more when it was composed.
type formPart struct {
	r      rune
	class  uint8
	change int
}

func (f formStage) apply(d *draft) {
	parts := d.parts[:0]
	for _, c := range d.chars {
		parts = f.decompose(parts, c.r)
	}
	for lo := 0; lo < len(parts); {
		hi := lo
		for hi < len(parts) && parts[hi].class != 0 {
			hi++
		}
		slices.SortStableFunc(parts[lo:hi], func(a, b formPart) int { return int(a.class) - int(b.class) })
		lo = hi + 1
	}
	d.parts = parts
	if f.compose {
		parts = compose(parts)
	}
	// Places follow the order of the text even where marks changed theirs, as in Hugging Face's tokenizers.
	at := 0
	for _, p := range parts {
		from := max(at-1, 0)
		if p.change <= 0 {
			from = at
			at += 1 - p.change
		}
		d.next = append(d.next, char{p.r, d.chars[from].start, d.chars[from].end})
	}
}

// decompose appends the full decomposition of r.
func (f formStage) decompose(parts []formPart, r rune) []formPart {
	if r >= hangulFirst && r <= hangulLast {
		lead, vowel, trail := hangul(r)
		parts = append(parts, formPart{r: lead}, formPart{r: vowel, change: 1})
		if trail != 0 {
			parts = append(parts, formPart{r: trail, change: 1})
		}
		return parts
	}
	if r < 0xA0 {
		return append(parts, formPart{r: r})
	}
	if to := canonical(r); to != "" && !f.compatible {
		for i, c := range to {
			parts = append(parts, formPart{c, combiningClass(c), min(i, 1)})
		}
		return parts
	}
	if f.compatible && !within(newer, r) {
		if to := norm.NFKD.PropertiesString(string(r)).Decomposition(); len(to) > 0 {
			for i := 0; i < len(to); {
				c, size := utf8.DecodeRune(to[i:])
				parts = append(parts, formPart{c, combiningClass(c), min(i, 1)})
				i += size
			}
			return parts
		}
	}
	return append(parts, formPart{r: r, class: combiningClass(r)})
}

// compose joins each starter with the marks and letters behind it that it has a composite with.
func compose(parts []formPart) []formPart {
	out := parts[:0]
	starter, last := -1, uint8(0) // last: class of what stands between the starter and the next part
	for _, p := range parts {
		if starter >= 0 && (last == 0 || last < p.class) {
			s := &out[starter]
			if r, ok := composite(s.r, p.r); ok {
				s.r, s.change = r, s.change+p.change-1
				continue
			}
		}
		last = p.class
		if p.class == 0 {
			starter = len(out)
		}
		out = append(out, p)
	}
	return out
}

// composite is the character that a and b make together.
func composite(a, b rune) (rune, bool) {
	if l, v := a-leadBase, b-vowelBase; l >= 0 && l < 19 && v >= 0 && v < vowelCount {
		return hangulFirst + l*syllablesALead + v*trailCount, true
	}
	if s, t := a-hangulFirst, b-trailBase; s >= 0 && s <= hangulLast-hangulFirst && s%trailCount == 0 && t > 0 && t < trailCount {
		return a + t, true
	}
	r, ok := composites()[[2]rune{a, b}]
	return r, ok
}

// composites holds the pairs that compose, each decomposition's last step turned round. What Unicode excludes from
// composition is what x/text does not leave alone.
var composites = sync.OnceValue(func() map[[2]rune]rune {
	pairs := map[[2]rune]rune{}
	for _, d := range decomposed {
		to := []rune(d.to)
		if !norm.NFC.IsNormalString(string(d.from)) || len(to) < 2 {
			continue
		}
		if head := []rune(norm.NFC.String(string(to[:len(to)-1]))); len(head) == 1 {
			pairs[[2]rune{head[0], to[len(to)-1]}] = d.from
		}
	}
	return pairs
})

func (f formStage) plain(r rune) bool {
	if r < 0xA0 {
		return true
	}
	if r >= hangulFirst && r <= hangulLast {
		return f.compose
	}
	form := norm.NFD
	switch {
	case f.compatible && f.compose:
		form = norm.NFKC
	case f.compatible:
		form = norm.NFKD
	case f.compose:
		form = norm.NFC
	}
	s := string(r)
	return form.IsNormalString(s) && form.PropertiesString(s).BoundaryBefore() && combiningClass(r) == 0
}
