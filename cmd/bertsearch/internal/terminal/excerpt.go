package terminal

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// A Span is a byte range [Start, End) of a text.
type Span struct{ Start, End int }

// Excerpt breaks text into lines of at most cells character cells and returns
// at most lines of them, one after another: those that hold the most different
// marked words. Marks, in ascending order, are painted, and an ellipsis stands
// where text was left out.
func (s Screen) Excerpt(text string, marks []Span, cells, lines int) []string {
	all := layOut(text, cells-2) // room for an ellipsis at either end
	first := richest(text, all, marks, lines)
	shown := make([]string, 0, lines)
	for _, line := range all[first:min(first+lines, len(all))] {
		shown = append(shown, s.render(text, line, marks))
	}
	if first > 0 {
		shown[0] = "…" + shown[0]
	}
	if first+lines < len(all) {
		shown[lines-1] += "…"
	}
	return shown
}

// layOut breaks text into lines of words, between words where it can and
// inside a word that is longer than a line.
func layOut(text string, cells int) [][]Span {
	var lines [][]Span
	used := cells
	for word := range words(text, cells) {
		size := Width(text[word.Start:word.End])
		if used+1+size > cells {
			lines, used = append(lines, nil), -1
		}
		last := len(lines) - 1
		lines[last] = append(lines[last], word)
		used += 1 + size
	}
	return lines
}

// words yields what stands between white space, in pieces of at most cells.
func words(text string, cells int) func(yield func(Span) bool) {
	return func(yield func(Span) bool) {
		start, used := 0, 0 // of the piece that is being read
		for i, r := range text {
			space, size := unicode.IsSpace(r), runeWidth(r)
			if (space || used+size > cells) && i > start {
				if !yield(Span{start, i}) {
					return
				}
				start, used = i, 0
			}
			if space {
				start = i + utf8.RuneLen(r)
				continue
			}
			used += size
		}
		if start < len(text) {
			yield(Span{start, len(text)})
		}
	}
}

// maxExcerptStarts bounds the search for the best lines of a very long text.
const maxExcerptStarts = 500

// richest returns the first of count lines with the most different marked words.
func richest(text string, lines [][]Span, marks []Span, count int) int {
	first, most := 0, 0
	for i := 0; i+count <= len(lines) && i < maxExcerptStarts; i++ {
		last := lines[i+count-1]
		if found := different(text, marks, lines[i][0].Start, last[len(last)-1].End); found > most {
			first, most = i, found
		}
	}
	return first
}

// different counts the different marked words between two places of text.
func different(text string, marks []Span, start, end int) int {
	seen := map[string]bool{}
	for _, m := range marks {
		if m.Start >= start && m.End <= end {
			seen[strings.ToLower(text[m.Start:m.End])] = true
		}
	}
	return len(seen)
}

// render joins the words of a line, with the marked parts painted.
func (s Screen) render(text string, line []Span, marks []Span) string {
	var b strings.Builder
	for i, word := range line {
		if i > 0 && word.Start > line[i-1].End {
			b.WriteByte(' ')
		}
		for _, m := range marks {
			start, end := max(m.Start, word.Start), min(m.End, word.End)
			if start >= end {
				continue
			}
			b.WriteString(Clean(text[word.Start:start]))
			b.WriteString(s.Paint(Match, Clean(text[start:end])))
			word.Start = end
		}
		b.WriteString(Clean(text[word.Start:word.End]))
	}
	return b.String()
}
