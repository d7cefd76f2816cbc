package tokenizer

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// tinyPieces is a Unigram vocabulary small enough to check by hand.
var tinyPieces = []struct {
	token string
	score float64
}{
	{"<s>", 0}, {"<pad>", 0}, {"</s>", 0}, {"<unk>", 0}, {"<mask>", 0},
	{"▁", -3}, {"a", -4}, {"b", -5}, {"ab", -8}, {"▁a", -5}, {"▁key", -6}, {"s", -4}, {"key", -8}, {"e", -6},
	{"é", -7}, {"f", -6}, {"i", -6}, {"東京", -7}, {"京", -8}, {"▁the", -4}, {".", -3}, {"▁東", -9}, {"a▁b", -5},
}

// xlm is the configuration of XLM-RoBERTa's tokenizers, with NFKC in place of its rules.
func xlm() Config {
	bos, eos := Piece{Special: "<s>", Sequence: -1}, Piece{Special: "</s>", Sequence: -1}
	c := Config{
		Unknown: "<unk>",
		Single:  []Piece{bos, {Sequence: 0}, eos},
		Pair:    []Piece{bos, {Sequence: 0}, eos, eos, {Sequence: 1}, eos},
		Unigram: &Unigram{
			Steps: []Step{{Kind: "Nmt"}, {Kind: "NFKC"}, {Kind: "Replace", Pattern: " ", AtLeast: 2, Content: " "}},
			Mark:  "▁", Prepend: PrependAlways,
		},
	}
	for _, s := range []string{"<s>", "<pad>", "</s>", "<unk>"} {
		c.Added = append(c.Added, AddedToken{Content: s, ID: -1, Special: true})
	}
	c.Added = append(c.Added, AddedToken{Content: "<mask>", ID: -1, Special: true, LStrip: true})
	return c
}

// tinyUnigram makes a tokenizer of tinyPieces, after change, if given, has changed the settings.
func tinyUnigram(t testing.TB, change func(c *Config)) *Tokenizer {
	t.Helper()
	c := xlm()
	if change != nil {
		change(&c)
	}
	var vocab []string
	var scores []float64
	for _, p := range tinyPieces {
		vocab, scores = append(vocab, p.token), append(scores, p.score)
	}
	if c.Unigram.ByteFallback {
		for b := range 256 {
			vocab, scores = append(vocab, "<0x"+strings.ToUpper(string("0123456789abcdef"[b>>4])+string("0123456789abcdef"[b&15]))+">"), append(scores, -12)
		}
	}
	tok, err := NewUnigram(vocab, scores, c)
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

func TestEncodeUnigram(t *testing.T) {
	for _, c := range []struct {
		name, text, want string
		change           func(c *Config)
	}{
		{"empty", "", "", nil},
		{"words", "the keys", "▁the=the|▁key= key|s=s", nil},
		{"a mark alone", "béa", "▁=b|b=b|é=é|a=a", nil},
		{"best, not longest", "abs", "▁a=a|b=b|s=s", nil},
		{"blanks and breaks", "a \n b", "▁a=a|▁= |b=b", nil},
		{"unknown ones together", "axyza", "▁a=a|<unk>=xyz|a=a", nil},
		{"expanded", "aﬁa", "▁a=a|f=ﬁ|i=ﬁ|a=a", nil},
		{"composed", "ae\u0301a", "▁a=a|é=e|a=a", nil},
		{"ideographs", "the東京。", "▁the=the|東京=東京|<unk>=。", nil},
		{"dropped", "a\x01b", "▁a=a|b=b", nil},
		{"mask", "a  <mask>a", "▁a=a|<mask>=  <mask>|▁a=a", nil},
		{"not UTF-8", "a\xffb", "▁a=a|▁=\xff|b=b", nil},
		{"never", "a the", "a=a|▁the= the", func(c *Config) { c.Unigram.Prepend = PrependNever }},
		{"first", "a</s>a", "▁a=a|</s>=</s>|a=a", func(c *Config) { c.Unigram.Prepend = PrependFirst }},
		{"words cut at spaces", "a \u2003the", "▁a=a|▁the=the", func(c *Config) { c.Unigram.DropSpace = true }},
		{"over words", "a b", "▁=a|a▁b=a b", func(c *Config) { c.Unigram.Whole = true }},
		{"bytes", "a\u00ff", "▁a=a|<0xC3>=\u00ff|<0xBF>=\u00ff", func(c *Config) { c.Unigram.ByteFallback = true }},
		{"normalised token", "aﬁ é", "▁a=a|fi=ﬁ|▁= |é=é", func(c *Config) {
			c.Added = append(c.Added, AddedToken{Content: "fi", ID: 300, Normalized: true})
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			tok := tinyUnigram(t, c.change)
			var e Encoding
			tok.Encode(&e, c.text, 0)
			want := strings.ReplaceAll("<s>|"+c.want+"|</s>", "||", "|")
			if got := spelling(tok, &e, c.text); got != want {
				t.Errorf("%q\n got %s\nwant %s", c.text, got, want)
			}
		})
	}
}

func TestUnigramPair(t *testing.T) {
	tok := tinyUnigram(t, nil)
	var e Encoding
	tok.EncodePair(&e, "the keys", "ab ab", 8)
	if got, want := spelling(tok, &e, "the keys", "ab ab"), "<s>|▁the=the|▁key= key|</s>|</s>|▁a=a|b=b|</s>"; got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
}

// TestSolve compares with every way to cut a word.
func TestSolve(t *testing.T) {
	u := tinyUnigram(t, nil).model.(*unigram)
	var best func(text string) float64
	best = func(text string) float64 {
		if text == "" {
			return 0
		}
		top := math.Inf(-1)
		for end := 1; end <= len(text); end++ {
			if id := u.find(text[:end]); id >= 0 {
				top = max(top, u.scores[id]+best(text[end:]))
			}
		}
		first := len(string([]rune(text)[:1]))
		if u.find(text[:first]) < 0 {
			top = max(top, u.penalty+best(text[first:]))
		}
		return top
	}
	random := rand.New(rand.NewPCG(1, 1))
	letters := []rune("abkeys▁the東京é.x")
	for range 2000 {
		var b strings.Builder
		for range 1 + random.IntN(9) {
			b.WriteRune(letters[random.IntN(len(letters))])
		}
		var s sentence
		s.text = []byte(b.String())
		u.solve(&s)
		sum, at := 0.0, 0
		for _, p := range s.pieces {
			if p.from != at {
				t.Fatalf("%q is cut at %v", s.text, s.pieces)
			}
			if at = p.to; p.id == u.unknown {
				sum += u.penalty * float64(len([]rune(b.String()[p.from:p.to])))
			} else {
				sum += u.scores[p.id]
			}
		}
		if want := best(b.String()); math.Abs(sum-want) > 1e-9 || at != b.Len() {
			t.Fatalf("%q scores %g with %v, the best is %g", b.String(), sum, s.pieces, want)
		}
	}
}

func TestNewUnigramRejects(t *testing.T) {
	for name, change := range map[string]func(c *Config, scores []float64){
		"no unknown": func(c *Config, _ []float64) { c.Unknown = "[UNK]" },
		"long mark":  func(c *Config, _ []float64) { c.Unigram.Mark = "__" },
		"scheme":     func(c *Config, _ []float64) { c.Unigram.Prepend = "sometimes" },
		"kind":       func(c *Config, _ []float64) { c.Unigram.Steps = []Step{{Kind: "Prepend"}} },
		"pattern":    func(c *Config, _ []float64) { c.Unigram.Steps = []Step{{Kind: "Replace"}} },
		"charsmap": func(c *Config, _ []float64) {
			c.Unigram.Steps = []Step{{Kind: "Precompiled", Charsmap: []byte{9, 0, 0, 0, 1}}}
		},
		"score": func(_ *Config, scores []float64) { scores[1] = math.Inf(-1) },
	} {
		c := xlm()
		vocab, scores := []string{"<unk>", "a", "<s>", "</s>"}, []float64{0, -1, 0, 0}
		change(&c, scores)
		if _, err := NewUnigram(vocab, scores, c); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestUnigramBinary(t *testing.T) {
	tok := tinyUnigram(t, nil)
	data, err := tok.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	again := new(Tokenizer)
	if err := again.UnmarshalBinary(data); err != nil || again.Fingerprint() != tok.Fingerprint() {
		t.Fatalf("%v, fingerprints %s and %s", err, tok.Fingerprint(), again.Fingerprint())
	}
	var a, b Encoding
	for _, text := range texts {
		tok.Encode(&a, text, 0)
		again.Encode(&b, text, 0)
		if !same(&a, b.IDs, b.Offsets) {
			t.Errorf("%q becomes %v, then %v", text, a.IDs, b.IDs)
		}
	}
}
