package tokenizer

import (
	_ "embed"
	"slices"
	"testing"
)

// tinyRules were compiled by SentencePiece 0.2.3 from: A → a, ﬁ → fi, e with U+0301 → é, LF and CR LF → blank,
// U+0001 → nothing, Ⓐ → ab.
//
//go:embed testdata/tiny.charsmap
var tinyRules string

func tinyCharsmap() []byte { return []byte(tinyRules) }

func TestCharsmap(t *testing.T) {
	m, err := parseCharsmap(tinyCharsmap())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		text string
		want []char
	}{
		{"bAb", []char{{'b', 0, 1}, {'a', 1, 2}, {'b', 2, 3}}},
		{"ﬁb", []char{{'f', 0, 3}, {'i', 0, 3}, {'b', 3, 4}}},
		{"e\u0301b", []char{{'é', 0, 1}, {'b', 3, 4}}},
		{"a\r\nb", []char{{'a', 0, 1}, {' ', 1, 2}, {'b', 3, 4}}},
		{"\x01b\x01", []char{{'b', 1, 2}}},
		// The rule for A takes the whole cluster, and the accent with it; a cluster of 6 bytes is taken apart.
		{"A\u0301b", []char{{'a', 0, 1}, {'b', 3, 4}}},
		{"A\u0301\u0301\u0301b", []char{{'a', 0, 1}, {0x301, 1, 3}, {0x301, 3, 5}, {0x301, 5, 7}, {'b', 7, 8}}},
	} {
		var d draft
		d.read(c.text, 0)
		d.run([]stage{m})
		if !slices.Equal(d.chars, c.want) {
			t.Errorf("%q becomes %v, want %v", c.text, d.chars, c.want)
		}
	}
}

// FuzzCharsmap lets damaged rules work on text: they may do anything but fail, and places stay in order.
func FuzzCharsmap(f *testing.F) {
	f.Add(tinyCharsmap(), "A ﬁ e\u0301 \r\n Ⓐ")
	f.Add([]byte{4, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 'a', 0}, "abc")
	f.Fuzz(func(t *testing.T, rules []byte, text string) {
		m, err := parseCharsmap(rules)
		if err != nil {
			return
		}
		var d draft
		d.read(text, 0)
		d.run([]stage{m})
		last := 0
		for _, c := range d.chars {
			if c.start < last || c.end > len(text) {
				t.Fatalf("%q: %v out of order", text, d.chars)
			}
			last = c.start
		}
	})
}
