package terminal

import "strings"

// Excerpt returns at most lines lines of text, each at most cells wide: the
// stretch of whole lines that holds the most different words of the query. An
// ellipsis stands where text was left out.
func (m Marker) Excerpt(text string, cells, lines int) []string {
	all := Wrap(Clean(text), cells-2) // room for an ellipsis at either end
	if len(all) <= lines {
		return all
	}
	first, best := 0, -1
	for start := 0; start+lines <= len(all) && start < maxExcerptStarts; start++ {
		if found := m.count(strings.Join(all[start:start+lines], " ")); found > best {
			first, best = start, found
		}
	}
	shown := append([]string(nil), all[first:first+lines]...)
	if first > 0 {
		shown[0] = "…" + shown[0]
	}
	if first+lines < len(all) {
		shown[lines-1] += "…"
	}
	return shown
}

// maxExcerptStarts bounds the search for the best lines in a very long passage.
const maxExcerptStarts = 500

// Wrap breaks clean text into lines of at most cells character cells, between
// words where it can and inside a word that is longer than a line.
func Wrap(text string, cells int) []string {
	var lines []string
	line, used := "", 0
	for _, word := range strings.Fields(text) {
		size := Width(word)
		if used > 0 && used+1+size <= cells {
			line, used = line+" "+word, used+1+size
			continue
		}
		if used > 0 {
			lines = append(lines, line)
		}
		for size > cells {
			head := headOf(word, cells)
			lines, word = append(lines, head), word[len(head):]
			size = Width(word)
		}
		line, used = word, size
	}
	if used > 0 {
		lines = append(lines, line)
	}
	return lines
}

// headOf returns the longest beginning of word that fits into cells, and at
// least one character.
func headOf(word string, cells int) string {
	used := 0
	for i, r := range word {
		if used += runeWidth(r); used > cells && i > 0 {
			return word[:i]
		}
	}
	return word
}
