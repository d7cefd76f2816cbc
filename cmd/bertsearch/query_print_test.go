package main

import "testing"

func TestUnderline(t *testing.T) {
	for _, c := range []struct {
		text   string
		column int
		want   string
	}{
		{"lang = = 3", 8, "  lang = = 3\n         ^"},
		{"x", 1, "  x\n  ^"},
		{"x =", 4, "  x =\n     ^"},
		{"日本 = =", 6, "  日本 = =\n         ^"},
		{"a\n= =", 3, "  a = =\n    ^"},
		{"", 1, "  \n  ^"},
	} {
		if got := underline(c.text, c.column); got != c.want {
			t.Errorf("underline(%q, %d) = %q, want %q", c.text, c.column, got, c.want)
		}
	}
}
