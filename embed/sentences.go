package embed

import (
	"strings"
	"unicode"
)

// Sentences cuts text into its sentences, as passages are cut, without the
// white space around them; a sentence ends after 2048 bytes at the latest.
func Sentences(text string) []Span {
	var spans []Span
	for at := 0; at < len(text); {
		end := at + sentenceEnd(text[at:], sentenceBytes)
		first := end - len(strings.TrimLeftFunc(text[at:end], unicode.IsSpace))
		if last := at + len(strings.TrimRightFunc(text[at:end], unicode.IsSpace)); first < last {
			spans = append(spans, Span{first, last})
		}
		at = end
	}
	return spans
}
