package terminal

import (
	"slices"
	"strings"
	"testing"
)

func TestExcerptShowsTheLinesWithTheWords(t *testing.T) {
	text := strings.Repeat("filler words go here ", 40) + "the signing keys rotate " + strings.Repeat("more filler ", 40)
	got := NewMarker("rotate keys").Excerpt(text, 40, 2)
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

func TestExcerptOfShortText(t *testing.T) {
	if got := NewMarker("x").Excerpt(" one\ntwo ", 40, 3); !slices.Equal(got, []string{"one two"}) {
		t.Errorf("got %q", got)
	}
	if got := NewMarker("x").Excerpt("", 40, 3); len(got) != 0 {
		t.Errorf("empty text: got %q", got)
	}
}

func TestWrap(t *testing.T) {
	for _, c := range []struct {
		text  string
		cells int
		want  []string
	}{
		{"a bb ccc dddd", 6, []string{"a bb", "ccc", "dddd"}},
		{"abcdefgh ij", 3, []string{"abc", "def", "gh", "ij"}},
		{"日本語", 4, []string{"日本", "語"}},
		{"日", 1, []string{"日"}},
	} {
		if got := Wrap(c.text, c.cells); !slices.Equal(got, c.want) {
			t.Errorf("Wrap(%q, %d) = %q, want %q", c.text, c.cells, got, c.want)
		}
	}
}
