package tokenizer

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// spelling writes an encoding as tokens and the bytes that each came from.
func spelling(tok *Tokenizer, e *Encoding, texts ...string) string {
	var out []string
	for i, id := range e.IDs {
		s := tok.Token(id)
		if q := e.Sequence[i]; q >= 0 {
			s += "=" + texts[q][e.Offsets[i].Start:e.Offsets[i].End]
		}
		out = append(out, s)
	}
	return strings.Join(out, "|")
}

func TestEncode(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"empty", "", "[CLS]|[SEP]"},
		{"pieces", "The keys rotated.", "[CLS]|the=The|keys=keys|rot=rot|##ated=ated|.=.|[SEP]"},
		{"longest first", "rotates", "[CLS]|rot=rot|##ate=ate|##s=s|[SEP]"},
		{"no piece", "rotary key", "[CLS]|[UNK]=rotary|key=key|[SEP]"},
		{"accents", "naïve Café e\u0301", "[CLS]|naive=naïve|cafe=Café|e=e|[SEP]"},
		{"dotted I", "İSTANBUL", "[CLS]|istanbul=İSTANBUL|[SEP]"},
		{"Chinese", "the東京key", "[CLS]|the=the|東=東|京=京|key=key|[SEP]"},
		{"Hangul", "한", "[CLS]|ᄒ=한|##ᅡ=한|##ᆫ=한|[SEP]"},
		{"dropped", "k\u200bey\x00s", "[CLS]|keys=k\u200bey\x00s|[SEP]"},
		{"spaces", "the\u00a0key\u2028a\tb", "[CLS]|the=the|key=key|a=a|b=b|[SEP]"},
		{"not equal sign", "a≠b", "[CLS]|a=a|==≠|b=b|[SEP]"},
		{"special", "a[MASK]b [mask]", "[CLS]|a=a|[MASK]=[MASK]|b=b|[=[|[UNK]=mask|]=]|[SEP]"},
		{"not UTF-8", "ke\xffy a\xc3", "[CLS]|key=ke\xffy|a=a|[SEP]"},
		{"long word", strings.Repeat("a", 101) + " a", "[CLS]|[UNK]=" + strings.Repeat("a", 101) + "|a=a|[SEP]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			tok := tiny(t)
			var e Encoding
			tok.Encode(&e, c.text, 0)
			if got := spelling(tok, &e, c.text); got != c.want {
				t.Errorf("%q\n got %s\nwant %s", c.text, got, c.want)
			}
		})
	}
}

func TestEncodeCased(t *testing.T) {
	tok := withConfig(t, Cased())
	var e Encoding
	for text, want := range map[string]string{
		"The Key É the": "[CLS]|The=The|Key=Key|É=É|the=the|[SEP]",
		"aé":            "[CLS]|a=a|##é=é|[SEP]",
		"THE":           "[CLS]|[UNK]=THE|[SEP]",
	} {
		tok.Encode(&e, text, 0)
		if got := spelling(tok, &e, text); got != want {
			t.Errorf("%q\n got %s\nwant %s", text, got, want)
		}
	}
}

// Marks that change places keep the places' order, as Hugging Face's do: the third character of the text is said to
// be the second, so the word ends a character early.
func TestReorderedMarks(t *testing.T) {
	text := "a\u0301\U0001d165"
	tok := tiny(t)
	var e Encoding
	tok.Encode(&e, text, 0)
	if want := (Span{0, 3}); e.Len() != 3 || e.Offsets[1] != want {
		t.Errorf("%v, want %v", e.Offsets, want)
	}
}

func TestPairAndTruncation(t *testing.T) {
	tok := tiny(t)
	for _, c := range []struct {
		text, pair string
		max        int
		want       string
	}{
		{"a b", "the", 0, "[CLS]|a=a|b=b|[SEP]|the=the|[SEP]"},
		{"a b e", "the", 6, "[CLS]|a=a|b=b|[SEP]|the=the|[SEP]"},
		{"a b e", "the key keys", 8, "[CLS]|a=a|b=b|[SEP]|the=the|key=key|keys=keys|[SEP]"},
		{"a b e the", "the key keys", 8, "[CLS]|a=a|b=b|e=e|[SEP]|the=the|key=key|[SEP]"},
		{"a b e the", "the", 3, "[CLS]|[SEP]|[SEP]"},
	} {
		var e Encoding
		tok.EncodePair(&e, c.text, c.pair, c.max)
		if got := spelling(tok, &e, c.text, c.pair); got != c.want {
			t.Errorf("%q and %q, max %d\n got %s\nwant %s", c.text, c.pair, c.max, got, c.want)
		}
		if want := strings.Count(c.want[:strings.Index(c.want, "[SEP]")], "|") + 1; e.Types[want-1] != 0 || e.Types[e.Len()-1] != 1 {
			t.Errorf("types %v", e.Types)
		}
	}
	var e Encoding
	tok.Encode(&e, "a b e the key", 4)
	if got := spelling(tok, &e, "a b e the key"); got != "[CLS]|a=a|b=b|[SEP]" {
		t.Error(got)
	}
}

func TestAddedTokens(t *testing.T) {
	c := Uncased()
	c.Added = append(c.Added,
		AddedToken{Content: "<l>", ID: 90, LStrip: true},
		AddedToken{Content: "<r>", ID: 91, RStrip: true},
		AddedToken{Content: "<w>", ID: 92, SingleWord: true},
		AddedToken{Content: "<w><w>", ID: 93},
		AddedToken{Content: "Ésprit", ID: 94, Normalized: true},
		AddedToken{Content: "<none>", ID: -1})
	tok := withConfig(t, c)
	for text, want := range map[string]string{
		"a <l>b":          "[CLS]|a=a|<l>= <l>|b=b|[SEP]",
		"a<r> \u2003 b":   "[CLS]|a=a|<r>=<r> \u2003 |b=b|[SEP]",
		"<w> a":           "[CLS]|<w>=<w>|a=a|[SEP]",
		"é<w>":            "[CLS]|e=é|[UNK]=<|[UNK]=w|[UNK]=>|[SEP]",
		"<w><w>":          "[CLS]|<w><w>=<w><w>|[SEP]",
		"aESPRITb esprìt": "[CLS]|a=a|Ésprit=ESPRIT|b=b|Ésprit=esprìt|[SEP]",
		"<none>":          "[CLS]|[UNK]=<|[UNK]=none|[UNK]=>|[SEP]",
	} {
		var e Encoding
		tok.Encode(&e, text, 0)
		if got := spelling(tok, &e, text); got != want {
			t.Errorf("%q\n got %s\nwant %s", text, got, want)
		}
	}
}

// Ten megabytes without a space are one unknown word, and take no more memory than the result does.
func TestHugeWord(t *testing.T) {
	tok := tiny(t)
	var e Encoding
	for _, unit := range []string{"x", "é", "\u0301", "\xff", "[", "東"} {
		text := strings.Repeat(unit, 10<<20/len(unit))
		tok.Encode(&e, text, 16)
		used := testing.AllocsPerRun(1, func() { tok.Encode(&e, text, 16) })
		if used > 50 {
			t.Errorf("%q repeated: %.0f allocations", unit, used)
		}
		if unit == "x" && (e.Len() != 3 || e.Offsets[1] != Span{0, len(text)}) {
			t.Errorf("one word expected, not %v", e.Offsets)
		}
	}
}

func TestConcurrent(t *testing.T) {
	tok := tiny(t)
	var want Encoding
	text := "naïve keys, 東京 [MASK] rotated"
	tok.EncodePair(&want, text, text, 15)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			var e Encoding
			for range 200 {
				tok.EncodePair(&e, text, text, 15)
				if !same(&e, want.IDs, want.Offsets) {
					t.Errorf("%v, want %v", e.IDs, want.IDs)
					return
				}
			}
		})
	}
	group.Wait()
}

func TestNewWordPieceErrors(t *testing.T) {
	for want, make := range map[string]func() error{
		"empty":     func() error { _, err := NewWordPiece(nil, Uncased()); return err },
		`"[UNK]"`:   func() error { _, err := NewWordPiece([]string{"a"}, Uncased()); return err },
		`"[CLS]"`:   func() error { _, err := NewWordPiece([]string{"[UNK]", "[SEP]"}, Uncased()); return err },
		"not UTF-8": func() error { _, err := NewWordPiece([]string{"[UNK]", "\xff"}, Uncased()); return err },
		"more than 4096": func() error {
			_, err := NewWordPiece([]string{"[UNK]", strings.Repeat("a", 5000)}, Uncased())
			return err
		},
		"lacks a text": func() error { c := Uncased(); c.Pair = c.Single; _, err := NewWordPiece(tinyVocabulary, c); return err },
		"negative length": func() error {
			c := Uncased()
			c.MaxWordChars = -1
			_, err := NewWordPiece(tinyVocabulary, c)
			return err
		},
	} {
		if err := make(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want an error with %s", err, want)
		}
	}
}

func TestSaveAndLoad(t *testing.T) {
	c := Uncased()
	c.MaxLength = 77
	c.Added = append(c.Added, AddedToken{Content: "<l>", ID: 90, LStrip: true, Normalized: true})
	tok := withConfig(t, c)
	dir := filepath.Join(t.TempDir(), "model")
	if err := tok.Save(dir); err != nil {
		t.Fatal(err)
	}
	again, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if again.Fingerprint() != tok.Fingerprint() || again.MaxLength() != 77 {
		t.Errorf("fingerprint %s becomes %s, length %d", tok.Fingerprint(), again.Fingerprint(), again.MaxLength())
	}
	if err := os.Remove(filepath.Join(dir, "tokenizer.json")); err != nil {
		t.Fatal(err)
	}
	old, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if old.Fingerprint() != tok.Fingerprint() || old.MaxLength() != 77 {
		t.Errorf("from vocab.txt: %+v\nwant %+v", old.Config(), tok.Config())
	}
	if _, err := Load(t.TempDir()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("an empty folder: %v", err)
	}
}

func TestParseJSONErrors(t *testing.T) {
	const model = `"model":{"type":"WordPiece","unk_token":"u","vocab":{"u":0}}`
	for text, want := range map[string]string{
		`{`:                        "unexpected end",
		`{"model":{"type":"BPE"}}`: `model "BPE"`,
		`{` + model + `}`:          "pre_tokenizer",
		`{` + model + `,"normalizer":{"type":"NFKC"}}`:                                                      `normalizer "NFKC"`,
		`{` + model + `,"pre_tokenizer":{"type":"Metaspace"}}`:                                              `pre_tokenizer "Metaspace"`,
		`{` + model + `,"pre_tokenizer":{"type":"BertPreTokenizer"},"post_processor":{"type":"ByteLevel"}}`: `post_processor "ByteLevel"`,
		`{"pre_tokenizer":{"type":"BertPreTokenizer"},"model":{"type":"WordPiece","vocab":[]}}`:             "not an object",
		`{"pre_tokenizer":{"type":"BertPreTokenizer"},"model":{"type":"WordPiece","vocab":{"a":1.5}}}`:      "whole number",
		`{"pre_tokenizer":{"type":"BertPreTokenizer"},"model":{"type":"WordPiece","vocab":{"a":0,"b":0}}}`:  "share the id",
		`{"pre_tokenizer":{"type":"BertPreTokenizer"},"model":{"type":"WordPiece","vocab":{"a":1000000}}}`:  "id 1000000",
	} {
		if _, err := ParseJSON([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\n got %v\nwant an error with %s", text, err, want)
		}
	}
}

// seal gives changed data a fitting checksum, so that the checks behind it are reached.
func seal(data []byte) {
	binary.LittleEndian.PutUint32(data[checkedFrom-4:], crc32.Checksum(data[checkedFrom:], castagnoli))
}

func TestBinary(t *testing.T) {
	tok := tiny(t)
	data, err := tok.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	again := new(Tokenizer)
	if err := again.UnmarshalBinary(data); err != nil {
		t.Fatal(err)
	}
	var a, b Encoding
	for _, text := range texts {
		tok.EncodePair(&a, text, "the key", 0)
		again.EncodePair(&b, text, "the key", 0)
		if !same(&a, b.IDs, b.Offsets) {
			t.Errorf("%q: %v, then %v", text, a.IDs, b.IDs)
		}
	}
	if tok.Fingerprint() != again.Fingerprint() {
		t.Error("the fingerprint changes")
	}
	for i := range data {
		bad := slices.Clone(data)
		bad[i] ^= 0x10
		if err := new(Tokenizer).UnmarshalBinary(bad); err == nil {
			t.Fatalf("a flipped bit in byte %d goes unnoticed", i)
		}
	}
	for n := 0; n < len(data); n += 7 {
		if err := new(Tokenizer).UnmarshalBinary(data[:n]); !errors.Is(err, ErrCorrupt) {
			t.Fatalf("the first %d bytes: %v", n, err)
		}
	}
	bad := slices.Clone(data)
	bad[binaryHeader+7] = 0xFF // a node far outside
	seal(bad)
	if err := new(Tokenizer).UnmarshalBinary(bad); !errors.Is(err, ErrCorrupt) {
		t.Errorf("a node outside the trie: %v", err)
	}
}
