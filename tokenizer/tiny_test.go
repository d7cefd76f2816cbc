package tokenizer

import "testing"

// tinyVocabulary is a vocabulary small enough to check by hand; ids are the places in it.
var tinyVocabulary = []string{
	"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", // 0
	"a", "b", "e", "##a", "##b", "##e", // 5
	"the", "key", "keys", "rot", "##ate", "##ated", "##s", // 11
	"naive", "cafe", "istanbul", "i", "東", "京", "ᄒ", "##ᅡ", "##ᆫ", // 18
	".", ",", "!", "-", "[", "]", "#", "=", // 27
	"The", "Key", "é", "##é", "É", // 35
	"walk", "##er", "over", "bytes", "of", "an", "and", "again", "token", "##ize", "##r", // 40
}

func tiny(t testing.TB) *Tokenizer { return withConfig(t, Uncased()) }

func withConfig(t testing.TB, c Config) *Tokenizer {
	t.Helper()
	tok, err := NewWordPiece(tinyVocabulary, c)
	if err != nil {
		t.Fatal(err)
	}
	return tok
}
