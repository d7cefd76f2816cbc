package tokenizer

import (
	"crypto/sha256"
	"encoding/hex"
	"testing"
	"unicode/utf8"
)

// everyPoint calls f with each code point that text can hold.
func everyPoint(f func(rune)) {
	for r := range rune(utf8.MaxRune + 1) {
		if utf8.ValidRune(r) {
			f(r)
		}
	}
}

// The digests are those of Hugging Face's tokenizers 0.23.3: BertNormalizer over every code point alone, a newline
// after each.
func TestNormalizeEveryCodePoint(t *testing.T) {
	for bits, want := range map[uint8]string{
		15: "12acac5609ab4fec", 3: "47bfb61998f3cd7f", 12: "736b40ea887c0015",
		4: "1a9615da86c82660", 8: "62a955092f4341ca", 1: "71170c6bb9439cd0",
	} {
		w := withConfig(t, settings(bits)).model.(*wordPiece)
		h := sha256.New()
		everyPoint(func(r rune) { h.Write([]byte(w.normalize(string(r)) + "\n")) })
		if got := hex.EncodeToString(h.Sum(nil)[:8]); got != want {
			t.Errorf("settings %04b: digest %s, want %s", bits, got, want)
		}
	}
}

// BertPreTokenizer makes of "a", a code point and "b" one word, two around white space, or three around punctuation.
func TestSplitEveryCodePoint(t *testing.T) {
	n := normalizer{flat: flatProperties()}
	h := sha256.New()
	everyPoint(func(r rune) {
		words := byte(1)
		if p := n.properties(r); p&isSpace != 0 {
			words = 2
		} else if p&isPunct != 0 {
			words = 3
		}
		h.Write([]byte{words})
	})
	if got, want := hex.EncodeToString(h.Sum(nil)[:8]), "b34d6d09e957a999"; got != want {
		t.Errorf("digest %s, want %s", got, want)
	}
}

func TestTablesAreSorted(t *testing.T) {
	for name, list := range map[string][]span{
		"spaces": spaces, "punctuation": punctuation, "dropped": dropped, "ideographs": ideographs, "nonspacing": nonspacing, "wordChars": wordChars,
	} {
		for i, s := range list {
			if s.lo > s.hi || i > 0 && s.lo <= list[i-1].hi {
				t.Errorf("%s: %X follows %X", name, s, list[max(i-1, 0)])
			}
		}
	}
}
