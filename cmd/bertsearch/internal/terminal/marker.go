package terminal

import (
	"slices"
	"strings"
	"unicode"
)

// A Marker knows the words of a query and finds them in a text, so that a
// reader sees at a glance why a passage was found. It forgives the usual
// English endings; it is a help for the eye and not the keyword index's
// analysis.
type Marker struct {
	stems map[string]bool
}

// stopWords are too common to be worth a mark. Only words of three letters or
// more need to be listed: shorter ones are never marked unless they hold a digit.
var stopWords = []string{
	"about", "and", "are", "been", "but", "can", "could", "did", "does", "for", "from", "had",
	"has", "have", "how", "into", "its", "not", "our", "she", "should", "than", "that", "the",
	"their", "them", "then", "there", "these", "they", "this", "was", "were", "what", "when",
	"where", "which", "who", "whose", "why", "will", "with", "would", "you", "your",
}

// NewMarker returns a marker for the words of query.
func NewMarker(query string) Marker {
	m := Marker{stems: map[string]bool{}}
	for _, word := range strings.FieldsFunc(query, func(r rune) bool { return !isWordRune(r) }) {
		word = strings.ToLower(word)
		if len(word) < 3 && !strings.ContainsFunc(word, unicode.IsDigit) || slices.Contains(stopWords, word) {
			continue
		}
		m.stems[stem(word)] = true
	}
	return m
}

func isWordRune(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.Is(unicode.Mn, r)
}

// endings in the order in which they are tried: a longer one before its tail.
var endings = []string{"ings", "ing", "edly", "ed", "es", "ly", "s", "e"}

// stem cuts one English ending off a lower-case word, and leaves at least three
// bytes: bake, bakes, baked and baking become bak.
func stem(word string) string {
	if rest, found := strings.CutSuffix(word, "ies"); found && len(rest) >= 2 {
		return rest + "y"
	}
	for _, ending := range endings {
		if rest, found := strings.CutSuffix(word, ending); found && len(rest) >= 3 {
			return rest
		}
	}
	return word
}

// matches reports whether a word of the text is one of the query's.
func (m Marker) matches(word string) bool { return m.stems[stem(strings.ToLower(word))] }

// stretch is a piece of text that is, or is not, a word of the query.
type stretch struct {
	text  string
	match bool
}

// split cuts text into stretches; joined they are the text again.
func (m Marker) split(text string) []stretch {
	var parts []stretch
	plain := 0 // start of the stretch of text that is not marked
	for start := 0; start < len(text); {
		length := wordLength(text[start:])
		if length == 0 {
			start += nextWord(text[start:])
			continue
		}
		if word := text[start : start+length]; m.matches(word) {
			if plain < start {
				parts = append(parts, stretch{text: text[plain:start]})
			}
			parts = append(parts, stretch{text: word, match: true})
			plain = start + length
		}
		start += length
	}
	if plain < len(text) {
		parts = append(parts, stretch{text: text[plain:]})
	}
	return parts
}

// wordLength is the number of bytes of the word that text begins with.
func wordLength(text string) int {
	if end := strings.IndexFunc(text, func(r rune) bool { return !isWordRune(r) }); end >= 0 {
		return end
	}
	return len(text)
}

// nextWord is the number of bytes before the first word of text.
func nextWord(text string) int {
	if start := strings.IndexFunc(text, isWordRune); start >= 0 {
		return start
	}
	return len(text)
}

// Mark returns text with the query's words painted.
func (m Marker) Mark(s Screen, text string) string {
	var b strings.Builder
	for _, part := range m.split(text) {
		if part.match {
			b.WriteString(s.Paint(Match, part.text))
			continue
		}
		b.WriteString(part.text)
	}
	return b.String()
}

// count is the number of different words of the query in text.
func (m Marker) count(text string) int {
	seen := map[string]bool{}
	for _, part := range m.split(text) {
		if part.match {
			seen[stem(strings.ToLower(part.text))] = true
		}
	}
	return len(seen)
}
