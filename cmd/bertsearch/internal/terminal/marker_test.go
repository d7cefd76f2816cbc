package terminal

import (
	"strings"
	"testing"
)

// marked writes the query's words in brackets.
func marked(query, text string) string {
	s := strings.ReplaceAll(NewMarker(query).Mark(Screen{Colour: true}, text), "\x1b["+string(Match)+"m", "[")
	return strings.ReplaceAll(s, "\x1b[0m", "]")
}

func TestMark(t *testing.T) {
	for _, c := range []struct{ query, text, want string }{
		{"how do I rotate the keys?", "Rotating the signing key (every 90 days).", "[Rotating] the signing [key] (every 90 days)."},
		{"bake bread", "Baked breads, breadth", "[Baked] [breads], breadth"},
		{"big cities", "A city; the BIG one", "A [city]; the [BIG] one"},
		{"HTTP/2 and the of", "and the http of 2", "and the [http] of [2]"},
		{"größe", "Die Größe zählt", "Die [Größe] zählt"},
		{"", "nothing to mark", "nothing to mark"},
		{"x", "", ""},
	} {
		if got := marked(c.query, c.text); got != c.want {
			t.Errorf("query %q: got %q, want %q", c.query, got, c.want)
		}
	}
}

func TestMarkKeepsEveryByte(t *testing.T) {
	text := "  keys\xff,\u00a0key\t日本 keys' end"
	if got := NewMarker("keys").Mark(Screen{}, text); got != text {
		t.Errorf("got %q, want %q", got, text)
	}
}
