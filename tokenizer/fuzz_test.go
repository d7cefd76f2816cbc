package tokenizer

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// texts are seeds that reach every branch of the normaliser and the splitter.
var texts = []string{
	"", " ", "The keys rotate, again!", "Rotated Keys-keys", "unknown thekey thekeys",
	"naïve CAFÉ İstanbul e\u0301", "東京the東", "한국", "[MASK] the[SEP]key [mask]", "a\u200bb\x00e\u00a0the\u2003key",
	"a\u0301\U0001d165b", "\U0001d15e a\u0323\U0001d165\u0301e", "\u0344\U0001d16d", "e\u0301\x00\U0001d165\u0323", "≠=;\u037e`\u1fef",
	strings.Repeat("a", 100), strings.Repeat("é", 101), strings.Repeat("한", 34), "\xff\xc3the\xe6\x9d", "a\xffb", "\ufffd",
}

// settings is the configuration whose switches are the bits of b.
func settings(b uint8) Config {
	c := Cased()
	c.CleanText, c.ChineseChars, c.StripAccents, c.Lowercase = b&1 != 0, b&2 != 0, b&4 != 0, b&8 != 0
	if b&16 != 0 {
		c.MaxWordChars = int(b >> 5)
	}
	return c
}

func FuzzEncode(f *testing.F) {
	for i, s := range texts {
		for _, b := range []uint8{15, 3, 0, 7, 11, 4, 31 + 64} {
			f.Add(s, texts[(i+1)%len(texts)], b, int8(i))
		}
	}
	f.Fuzz(func(t *testing.T, text, pair string, switches uint8, limit int8) {
		c := settings(switches)
		tok := withConfig(t, c)
		plain := newSlow(tinyVocabulary, c)
		var e Encoding
		tok.Encode(&e, text, int(limit))
		checkSpans(t, &e, text, pair)
		if ids, at := plain.encode(text, int(limit)); !same(&e, ids, at) {
			t.Fatalf("%q with %+v, limit %d\n got %v %v\nwant %v %v", text, c, limit, e.IDs, e.Offsets, ids, at)
		}
		tok.EncodePair(&e, text, pair, int(limit))
		checkSpans(t, &e, text, pair)
		if ids, at := plain.pair(text, pair, int(limit)); !same(&e, ids, at) {
			t.Fatalf("%q and %q with %+v, limit %d\n got %v %v\nwant %v %v", text, pair, c, limit, e.IDs, e.Offsets, ids, at)
		}
	})
}

// unigramSettings is the configuration whose switches are the bits of b.
func unigramSettings(c *Config, b uint8) {
	u := c.Unigram
	u.Prepend = []Prepend{PrependAlways, PrependFirst, PrependNever, PrependAlways}[b&3]
	u.DropSpace, u.Whole, u.ByteFallback = b&4 != 0, b&8 != 0, b&16 != 0
	u.Steps = [][]Step{u.Steps, nil, {{Kind: "NFD"}, {Kind: "Strip", Left: true, Right: true}},
		{{Kind: "Precompiled", Charsmap: tinyCharsmap()}, {Kind: "Lowercase"}, {Kind: "Replace", Pattern: "ab", Content: " é"}}}[b>>5&3]
	if b&128 != 0 {
		c.Added = append(c.Added, AddedToken{Content: "the", ID: 40, Normalized: true})
	}
}

// FuzzEncodeUnigram checks that words which skip the normaliser become what they do without that short cut.
func FuzzEncodeUnigram(f *testing.F) {
	for i, s := range append([]string{"a  b the keys", " the\nab ", "é a\u0301 京 ﬁ", "a <mask>▁b"}, texts...) {
		for _, b := range []uint8{0, 1, 2, 4, 8, 16, 32, 64, 96, 100, 128} {
			f.Add(s, b, int8(i))
		}
	}
	var made [256][2]*Tokenizer // by switches: as it is, and without the short cut
	f.Fuzz(func(t *testing.T, text string, switches uint8, limit int8) {
		pair := &made[switches]
		for i := range pair {
			if pair[i] == nil {
				pair[i] = tinyUnigram(t, func(c *Config) { unigramSettings(c, switches) })
			}
		}
		pair[1].model.(*unigram).quick = false
		var e, plain Encoding
		pair[0].Encode(&e, text, int(limit))
		checkSpans(t, &e, text, "")
		pair[1].Encode(&plain, text, int(limit))
		if !same(&e, plain.IDs, plain.Offsets) {
			t.Fatalf("%q with %08b\n got %v %v\nwant %v %v", text, switches, e.IDs, e.Offsets, plain.IDs, plain.Offsets)
		}
	})
}

// checkSpans checks what holds of any encoding: slices of one length, ranges inside their text, in order, on the
// borders of characters.
func checkSpans(t *testing.T, e *Encoding, text, pair string) {
	t.Helper()
	if len(e.Types) != e.Len() || len(e.Offsets) != e.Len() || len(e.Sequence) != e.Len() {
		t.Fatalf("lengths %d %d %d %d differ", len(e.IDs), len(e.Types), len(e.Offsets), len(e.Sequence))
	}
	var last [2]Span
	for i, o := range e.Offsets {
		q := e.Sequence[i]
		if q < 0 {
			if o != (Span{}) {
				t.Fatalf("special token %d has the range %v", i, o)
			}
			continue
		}
		s := [2]string{text, pair}[q]
		if o.Start < last[q].Start || o.End < last[q].End || o.Start >= o.End || o.End > len(s) {
			t.Fatalf("token %d of %q has the range %v after %v", i, s, o, last[q])
		}
		if utf8.ValidString(s) && !utf8.ValidString(s[o.Start:o.End]) {
			t.Fatalf("token %d of %q cuts a character: %v", i, s, o)
		}
		last[q] = o
	}
}

func FuzzParseJSON(f *testing.F) {
	tok := tiny(f)
	data, err := tok.MarshalJSON()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	for b := range 8 {
		if data, err = tinyUnigram(f, func(c *Config) { unigramSettings(c, uint8(b<<5|b&3|b<<2)) }).MarshalJSON(); err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	for _, s := range []string{
		`{}`, `{"model":{"type":"BPE","vocab":{}}}`, `{"model":{"type":"WordPiece","unk_token":"u","vocab":{"u":0}},"pre_tokenizer":{"type":"BertPreTokenizer"}}`,
		`{"model":{"type":"WordPiece","unk_token":"\u0041","continuing_subword_prefix":"","max_input_chars_per_word":3,"vocab":{"\u0041":1,"b":0}},
		"pre_tokenizer":{"type":"BertPreTokenizer"},"added_tokens":[{"id":5,"content":"b","normalized":true,"lstrip":true}],
		"post_processor":{"type":"BertProcessing","sep":["A",1],"cls":["b",0]}}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		tok, err := ParseJSON(data)
		if err != nil {
			return
		}
		again, err := tok.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		second, err := ParseJSON(again)
		if err != nil {
			t.Fatalf("what was written is not read: %v\n%s", err, again)
		}
		if tok.Fingerprint() != second.Fingerprint() {
			t.Fatalf("the fingerprint changes\n%s", again)
		}
		var a, b Encoding
		for _, text := range texts {
			tok.Encode(&a, text, 20)
			second.Encode(&b, text, 20)
			if !same(&a, b.IDs, b.Offsets) {
				t.Fatalf("%q becomes %v, then %v", text, a.IDs, b.IDs)
			}
		}
	})
}

func FuzzUnmarshalBinary(f *testing.F) {
	data, err := tiny(f).MarshalBinary()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add(data[:20])
	if data, err = tinyUnigram(f, nil).MarshalBinary(); err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > checkedFrom {
			seal(data)
		}
		tok := new(Tokenizer)
		if tok.UnmarshalBinary(data) != nil {
			return
		}
		var e Encoding
		for _, text := range texts {
			tok.Encode(&e, text, 20)
		}
	})
}
