package terminal

import "testing"

func TestWidth(t *testing.T) {
	for text, want := range map[string]int{"": 0, "abc": 3, "Zoë": 3, "Zoe\u0308": 3, "日本語": 6, "a\x1b[1m": 4, "🙂": 2} {
		if got := Width(text); got != want {
			t.Errorf("Width(%q) = %d, want %d", text, got, want)
		}
	}
}

func TestCleanDisarmsText(t *testing.T) {
	if got, want := Clean(" a\n\tb\x1b[2Jc \u202ed "), "a b\uFFFD[2Jc \uFFFDd"; got != want {
		t.Errorf("Clean = %q, want %q", got, want)
	}
}

func TestShorten(t *testing.T) {
	for _, c := range []struct {
		text  string
		cells int
		want  string
	}{
		{"short", 5, "short"},
		{"a longer text", 8, "a longe…"},
		{"a longer text", 3, "a…"},
		{"日本語日本語", 6, "日本…"},
	} {
		if got := Shorten(c.text, c.cells); got != c.want || Width(got) > c.cells {
			t.Errorf("Shorten(%q, %d) = %q, want %q", c.text, c.cells, got, c.want)
		}
	}
}
