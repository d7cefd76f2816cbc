package terminal

import (
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// Width is the number of character cells that text takes: two for wide East
// Asian characters, none for combining marks and control characters.
func Width(text string) int {
	cells := 0
	for _, r := range text {
		cells += runeWidth(r)
	}
	return cells
}

func runeWidth(r rune) int {
	switch {
	case r >= 0x20 && r < 0x7f:
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cc, unicode.Cf):
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// Clean makes text safe to print on one line: every run of white space becomes
// one space, and control characters, which could move the cursor or worse,
// become U+FFFD.
func Clean(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Bidi_Control, r) {
			return unicode.ReplacementChar
		}
		return r
	}, text)
}

// Shorten cuts clean text to at most cells character cells, the last of which
// is an ellipsis when something was cut.
func Shorten(text string, cells int) string {
	if Width(text) <= cells {
		return text
	}
	used := 1
	for i, r := range text {
		if used += runeWidth(r); used > cells {
			return strings.TrimRight(text[:i], " ") + "…"
		}
	}
	return text
}
