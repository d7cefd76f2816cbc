package tokenizer

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// slow is the tokenizer written the plain way, a stage at a time over the whole text, as Hugging Face's is: the fast
// one must give the same. It shares only the Unicode tables, which the golden files check.
type slow struct {
	c   Config
	ids map[string]int32
}

func newSlow(vocab []string, c Config) *slow {
	s := &slow{c, map[string]int32{}}
	for i, v := range vocab {
		s.ids[v] = int32(i)
	}
	return s
}

type slowToken struct {
	id int32
	at Span
}

// tokens is the text without the template.
func (s *slow) tokens(text string) []slowToken {
	var out []slowToken
	for start := 0; start <= len(text); {
		at, name := len(text), ""
		for _, a := range s.c.Added {
			if i := strings.Index(text[start:], a.Content); i >= 0 && (start+i < at || start+i == at && len(a.Content) > len(name)) {
				at, name = start+i, a.Content
			}
		}
		out = append(out, s.plain(text[start:at], start)...)
		if name != "" {
			out = append(out, slowToken{s.ids[name], Span{at, at + len(name)}})
		}
		start = at + max(len(name), 1)
	}
	return out
}

// plain is a text without added tokens.
func (s *slow) plain(text string, base int) []slowToken {
	var chars []char
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		chars = append(chars, char{r, base + i, base + i + size})
		i += size
	}
	for _, stage := range []struct {
		on bool
		do func([]char) []char
	}{{s.c.CleanText, slowClean}, {s.c.ChineseChars, slowChinese}, {s.c.StripAccents, slowStrip}, {s.c.Lowercase, slowLower}} {
		if stage.on {
			chars = stage.do(chars)
		}
	}
	var out []slowToken
	var word []char
	end := func() {
		if len(word) > 0 {
			out = append(out, s.word(word)...)
		}
		word = nil
	}
	for _, c := range chars {
		if within(spaces, c.r) || within(punctuation, c.r) {
			end()
		}
		if !within(spaces, c.r) {
			word = append(word, c)
		}
		if within(punctuation, c.r) {
			end()
		}
	}
	end()
	return out
}

func slowClean(in []char) (out []char) {
	for _, c := range in {
		if within(spaces, c.r) && !within(dropped, c.r) {
			c.r = ' '
		}
		if !within(dropped, c.r) {
			out = append(out, c)
		}
	}
	return out
}

func slowChinese(in []char) (out []char) {
	for _, c := range in {
		if within(ideographs, c.r) {
			blank := char{' ', c.start, c.end}
			out = append(out, blank, c, blank)
		} else {
			out = append(out, c)
		}
	}
	return out
}

// slowStrip decomposes all, sorts all runs, gives the characters that replace others the places in order, and drops
// the marks.
func slowStrip(in []char) (out []char) {
	var parts []part
	for _, c := range in {
		parts = decompose(parts, c.r)
	}
	for swapped := true; swapped; {
		swapped = false
		for i := 1; i < len(parts); i++ {
			if a, b := parts[i-1].class, parts[i].class; b != 0 && a > b {
				parts[i-1], parts[i] = parts[i], parts[i-1]
				swapped = true
			}
		}
	}
	place := -1
	for _, p := range parts {
		if p.first {
			place++
		}
		if !within(nonspacing, p.r) {
			out = append(out, char{p.r, in[place].start, in[place].end})
		}
	}
	return out
}

func slowLower(in []char) (out []char) {
	for _, c := range in {
		if c.r == dottedI {
			out = append(out, char{'i', c.start, c.end}, char{0x307, c.start, c.end})
			continue
		}
		out = append(out, char{lower(c.r), c.start, c.end})
	}
	return out
}

// word spells a word with the longest tokens from the left.
func (s *slow) word(word []char) (out []slowToken) {
	unknown := []slowToken{{s.ids[s.c.Unknown], Span{word[0].start, word[len(word)-1].end}}}
	if len(word) > s.c.MaxWordChars {
		return unknown
	}
	for lo := 0; lo < len(word); {
		hi := len(word)
		for ; hi > lo; hi-- {
			var b strings.Builder
			if lo > 0 {
				b.WriteString(s.c.Prefix)
			}
			for _, c := range word[lo:hi] {
				b.WriteRune(c.r)
			}
			if id, ok := s.ids[b.String()]; ok {
				out = append(out, slowToken{id, Span{word[lo].start, word[hi-1].end}})
				break
			}
		}
		if hi == lo {
			return unknown
		}
		lo = hi
	}
	return out
}

// encode is Encode with the template [CLS] text [SEP].
func (s *slow) encode(text string, limit int) (ids []int32, at []Span) {
	list := s.tokens(text)
	if limit > 0 {
		list = list[:min(len(list), max(limit-2, 0))]
	}
	return s.finish([][]slowToken{list})
}

// pair is EncodePair: the longer text loses a token until both fit, as the rule is usually told.
func (s *slow) pair(text, pair string, limit int) (ids []int32, at []Span) {
	a, b := s.tokens(text), s.tokens(pair)
	if room := max(limit-3, 0); limit > 0 && len(a)+len(b) > room {
		n, m := len(a), len(b)
		first := n <= m // of two equally long ones the second keeps the odd token
		for n+m > room {
			if n > m || n == m && first {
				n--
			} else {
				m--
			}
		}
		a, b = a[:n], b[:m]
	}
	return s.finish([][]slowToken{a, b})
}

func (s *slow) finish(lists [][]slowToken) (ids []int32, at []Span) {
	ids, at = []int32{s.ids["[CLS]"]}, []Span{{}}
	for _, list := range lists {
		for _, t := range list {
			ids, at = append(ids, t.id), append(at, t.at)
		}
		ids, at = append(ids, s.ids["[SEP]"]), append(at, Span{})
	}
	return ids, at
}

// same reports whether e holds these tokens.
func same(e *Encoding, ids []int32, at []Span) bool {
	return slices.Equal(e.IDs, ids) && slices.Equal(e.Offsets, at)
}
