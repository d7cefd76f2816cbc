package terminal

import (
	"slices"
	"strings"
	"testing"
)

// find returns the places of each word in text, in ascending order.
func find(text string, words ...string) []Span {
	var spans []Span
	for i := range text {
		for _, word := range words {
			if strings.HasPrefix(text[i:], word) {
				spans = append(spans, Span{i, i + len(word)})
			}
		}
	}
	return spans
}

func TestExcerptShowsTheLinesWithTheWords(t *testing.T) {
	text := strings.Repeat("keys keys filler words ", 40) + "the signing keys\n rotate " + strings.Repeat("more filler ", 40)
	got := Screen{}.Excerpt(text, find(text, "keys", "rotate"), 40, 2)
	if len(got) != 2 || !strings.Contains(strings.Join(got, " "), "signing keys rotate") {
		t.Errorf("got %q", got)
	}
	if !strings.HasPrefix(got[0], "…") || !strings.HasSuffix(got[1], "…") {
		t.Errorf("no ellipsis where text was left out: %q", got)
	}
	for _, line := range got {
		if Width(line) > 40 {
			t.Errorf("%q is %d cells wide", line, Width(line))
		}
	}
}

func TestExcerptPaintsMarks(t *testing.T) {
	text := "rotate  the\tsigning-keys."
	got := Screen{Colour: true}.Excerpt(text, find(text, "rotate", "keys"), 60, 3)
	want := "\x1b[1;33mrotate\x1b[0m the signing-\x1b[1;33mkeys\x1b[0m."
	if len(got) != 1 || got[0] != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestExcerptBreaksLines(t *testing.T) {
	for _, c := range []struct {
		text  string
		cells int
		want  []string
	}{
		{"", 10, []string{}},
		{" \n ", 10, []string{}},
		{" one\ntwo ", 10, []string{"one two"}},
		{"a bb ccc dddd", 6, []string{"a bb", "ccc", "dddd"}},
		{"abcdefgh ij", 3, []string{"abc", "def", "gh", "ij"}},
		{"日本語", 4, []string{"日本", "語"}},
		{"日", 1, []string{"日"}},
		{"bad \xff byte", 20, []string{"bad \ufffd byte"}},
	} {
		got := Screen{}.Excerpt(c.text, nil, c.cells+2, 9)
		if !slices.Equal(got, c.want) {
			t.Errorf("%q in %d cells: got %q, want %q", c.text, c.cells, got, c.want)
		}
	}
}
