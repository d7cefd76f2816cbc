package embed

import (
	"cmp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// sentenceEnd returns where the first sentence of text ends, white space after
// it included, looking at no more than about limit bytes: a longer sentence is
// cut after white space, after a mark where there is none, or at any rune. It
// is positive for a text that is not empty.
func sentenceEnd(text string, limit int) int {
	space, mark := 0, 0 // ends of the last seen
	for i := 0; i < len(text); {
		if i >= limit {
			return cmp.Or(space, mark, i)
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		next := i + size
		switch {
		case r == '\n':
			if end := skipSpace(text, next); blockStarts(text[next:end], text[end:]) {
				return end
			}
			space = next
		case unicode.IsSpace(r):
			space = next
		case strings.ContainsRune("。！？｡", r):
			return skipSpace(text, skipClosers(text, next))
		case strings.ContainsRune(".!?…", r):
			next = skipClosers(text, next)
			if end, ok := stop(text, i, next); ok {
				return end
			}
			mark = next
		case !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r):
			mark = next
		}
		i = next
	}
	return len(text)
}

// blockStarts says whether a line break is more than a wrapped line: the white
// space after it has another one, or the rest begins a list item or a heading.
func blockStarts(space, rest string) bool {
	return rest == "" || strings.ContainsRune(space, '\n') || strings.HasPrefix(rest, "- ") || strings.HasPrefix(rest, "* ") ||
		strings.HasPrefix(rest, "#") || strings.HasPrefix(rest, "• ")
}

// stop decides whether the mark at position at, which with what closes it ends
// at closed, ends a sentence, and where the next one begins.
func stop(text string, at, closed int) (end int, ok bool) {
	end = skipSpace(text, closed)
	if end == closed {
		return end, end == len(text)
	}
	first, _ := utf8.DecodeRuneInString(text[end:])
	if unicode.IsLower(first) {
		return 0, false
	}
	return end, text[at] != '.' || !abbreviated(text[:at])
}

// skipClosers returns the position after quotes, brackets and further marks.
func skipClosers(text string, i int) int {
	for i < len(text) {
		r, size := utf8.DecodeRuneInString(text[i:])
		if !strings.ContainsRune(`"')]}’”»」』）.!?…`, r) {
			break
		}
		i += size
	}
	return i
}

func skipSpace(text string, i int) int {
	for i < len(text) {
		r, size := utf8.DecodeRuneInString(text[i:])
		if !unicode.IsSpace(r) {
			break
		}
		i += size
	}
	return i
}

// abbreviations are words that a full stop follows within a sentence.
var abbreviations = map[string]bool{
	"mr": true, "mrs": true, "ms": true, "dr": true, "prof": true, "st": true, "sr": true, "jr": true,
	"vs": true, "cf": true, "e.g": true, "i.e": true, "viz": true, "approx": true, "resp": true,
	"fig": true, "figs": true, "eq": true, "eqs": true, "sec": true, "no": true, "nos": true, "vol": true,
	"pp": true, "ed": true, "eds": true, "al": true, "ref": true, "refs": true, "ch": true, "dept": true,
	"gen": true, "col": true, "lt": true, "capt": true, "gov": true, "sen": true, "rep": true, "u.s": true,
	"bzw": true, "z.b": true, "d.h": true, "usw": true, "ca": true, "nr": true, "str": true,
}

// abbreviated says whether text ends in an abbreviation or in an initial.
func abbreviated(text string) bool {
	const longest = 8
	tail := text[max(0, len(text)-longest):]
	if i := strings.LastIndexFunc(tail, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(`("'[`, r) }); i >= 0 {
		_, size := utf8.DecodeRuneInString(tail[i:])
		tail = tail[i+size:]
	} else if len(text) > longest {
		return false
	}
	if r, size := utf8.DecodeRuneInString(tail); size == len(tail) && unicode.IsUpper(r) {
		return true
	}
	return abbreviations[strings.ToLower(tail)]
}
