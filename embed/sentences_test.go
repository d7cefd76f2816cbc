package embed

import (
	"slices"
	"testing"
)

func TestSentenceRanges(t *testing.T) {
	for text, want := range map[string][]string{
		"":                                    nil,
		" \n ":                                nil,
		"One.  Two e.g. three!\nFour":         {"One.", "Two e.g. three!", "Four"},
		"  A line\nwrapped.\n\nA heading\n\n": {"A line\nwrapped.", "A heading"},
		"東京は。大阪も。":                            {"東京は。", "大阪も。"},
	} {
		var got []string
		for _, s := range Sentences(text) {
			got = append(got, text[s.Start:s.End])
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
