package bertsearch

import (
	"math/rand/v2"
	"strings"

	"github.com/bertsearch/bertsearch/train"
)

// section is the text below a heading of Markdown.
type section struct{ heading, body string }

// sections cuts a text at its headings, lines of one to six # and a space (ATX
// headings of CommonMark 0.31, section 4.2). A line in fenced code is none. What
// stands before the first heading is left out.
func sections(text string) []section {
	var list []section
	fence := ""
	for line := range strings.Lines(text) {
		if mark := fenceOf(line); mark != "" && (fence == "" || fence == mark) {
			if fence == "" {
				fence = mark
			} else {
				fence = ""
			}
		} else if heading, ok := headingOf(line); ok && fence == "" {
			list = append(list, section{heading: heading})
			continue
		}
		if n := len(list); n > 0 {
			list[n-1].body += line
		}
	}
	for i := range list {
		list[i].body = strings.TrimSpace(list[i].body)
	}
	return list
}

// fenceOf is the mark with which a line opens or closes fenced code, "" if it
// does neither.
func fenceOf(line string) string {
	line = strings.TrimLeft(line, " ")
	for _, mark := range []string{"```", "~~~"} {
		if strings.HasPrefix(line, mark) {
			return mark
		}
	}
	return ""
}

// headingOf is the text of a heading.
func headingOf(line string) (string, bool) {
	text := strings.TrimLeft(line, "#")
	level := len(line) - len(text)
	if level < 1 || level > 6 || !strings.HasPrefix(text, " ") {
		return "", false
	}
	heading := strings.TrimSpace(strings.TrimRight(strings.TrimSpace(text), "#"))
	return heading, heading != ""
}

// sectionPair makes a pair of the heading of a section and its body, drawn from
// those that say something: a heading of two words or more, and a body long
// enough. A text without such a section takes nothing from random.
func sectionPair(text string, random *rand.Rand) (train.Pair, bool) {
	var good []section
	for _, s := range sections(text) {
		if len(strings.Fields(s.heading)) >= 2 && len(s.body) >= leastBody {
			good = append(good, s)
		}
	}
	if len(good) == 0 {
		return train.Pair{}, false
	}
	s := good[random.IntN(len(good))]
	return train.Pair{Query: s.heading, Positive: s.body}, true
}
