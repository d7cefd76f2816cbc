package tokenizer

import (
	"encoding/binary"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/graphemes"
)

// charsmap is SentencePiece's compiled normaliser: a double array over byte strings (darts-clone) whose values point
// into a list of replacements that end in 0. A unit is 32 bits:
//
//	bits 0-7   label, with bit 31: a unit with that bit holds a value in its other bits
//	bit 8      a value stands at the unit that the offset leads to
//	bits 10-30 offset, times 256 if bit 9 is set
type charsmap struct {
	units []uint32
	texts string
}

// parseCharsmap reads the bytes of precompiled_charsmap: the size of the array, the array, the replacements.
func parseCharsmap(data []byte) (*charsmap, error) {
	if len(data) < 4 {
		return nil, errors.New("normalizer Precompiled has no charsmap")
	}
	size := int(binary.LittleEndian.Uint32(data)) / 4 * 4
	if size < 4 || size > len(data)-4 || !utf8.Valid(data[4+size:]) {
		return nil, errors.New("normalizer Precompiled has a charsmap that is damaged")
	}
	m := &charsmap{units: make([]uint32, size/4), texts: string(data[4+size:])}
	for i := range m.units {
		m.units[i] = binary.LittleEndian.Uint32(data[4+4*i:])
	}
	return m, nil
}

// find is the replacement of the shortest beginning of s that has one. SentencePiece looks for the longest; Hugging
// Face's tokenizers take the shortest, and models are trained and run with theirs.
func (m *charsmap) find(s []byte) (string, bool) {
	at := m.units[0] >> 10 << (m.units[0] >> 9 & 1 * 8)
	for i := 0; i < len(s) && s[i] != 0; i++ {
		at ^= uint32(s[i])
		if int(at) >= len(m.units) || m.units[at]&(1<<31|0xFF) != uint32(s[i]) {
			return "", false
		}
		unit := m.units[at]
		at ^= unit >> 10 << (unit >> 9 & 1 * 8)
		if unit>>8&1 == 1 {
			return m.text(at)
		}
	}
	return "", false
}

// text is the replacement to which the unit at points.
func (m *charsmap) text(at uint32) (string, bool) {
	if int(at) >= len(m.units) {
		return "", false
	}
	start := int(m.units[at] & (1<<31 - 1))
	if start > len(m.texts) {
		return "", false
	}
	text, _, _ := strings.Cut(m.texts[start:], "\x00")
	return text, utf8.ValidString(text)
}

// wholeCluster is the length from which a grapheme cluster is replaced by characters, not as a whole.
const wholeCluster = 6

func (m *charsmap) apply(d *draft) {
	d.text = d.text[:0]
	for _, c := range d.chars {
		d.text = utf8.AppendRune(d.text, c.r)
	}
	src := d.chars
	for g := graphemes.FromBytes(d.text); g.Next(); {
		cluster := g.Value()
		if len(cluster) < wholeCluster {
			n := utf8.RuneCount(cluster)
			if to, ok := m.find(cluster); ok {
				d.replace(src[:n], to)
				src = src[n:]
				continue
			}
		}
		for len(cluster) > 0 {
			_, size := utf8.DecodeRune(cluster)
			if to, ok := m.find(cluster[:size]); ok {
				d.replace(src[:1], to)
			} else {
				d.next = append(d.next, src[0])
			}
			cluster, src = cluster[size:], src[1:]
		}
	}
}

// replace puts to in the place of old: one character for one, and the last one for what is left.
func (d *draft) replace(old []char, to string) {
	i := 0
	for _, r := range to {
		d.next = append(d.next, char{r, old[i].start, old[i].end})
		i = min(i+1, len(old)-1)
	}
}

func (m *charsmap) plain(r rune) bool {
	s := string(r)
	if _, ok := m.find([]byte(s)); ok {
		return false
	}
	switch {
	case r >= 0x4E00 && r <= 0x9FFF, r >= hangulFirst && r <= hangulLast:
		return true
	case r >= 0x1100 && r <= 0x11FF, r >= 0xA960 && r <= 0xA97F, r >= 0xD7B0 && r <= 0xD7FF, r >= 0x1F1E6 && r <= 0x1F1FF:
		return false // letters of Hangul and of flags join each other
	}
	return alone(s)
}

// alone reports whether s joins no letter before or behind it to a grapheme cluster.
func alone(s string) bool {
	g := graphemes.FromString("a" + s + "a")
	clusters := 0
	for g.Next() {
		clusters++
	}
	return clusters == 3
}
