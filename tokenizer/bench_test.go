package tokenizer

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// english is the text of SciFact's documents, or a paragraph of our own without the reference data.
func english(b *testing.B) []string {
	dir := os.Getenv("BERTSEARCH_SHARED")
	if dir == "" {
		return []string{strings.Repeat("The tokenizer walks over the bytes of an unremarkable sentence, again and again; 42 times. ", 20)}
	}
	f, err := os.Open(filepath.Join(dir, "data/scifact/corpus.jsonl"))
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = f.Close() }() // only read
	var texts []string
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var d struct{ Title, Text string }
		if err := json.Unmarshal(lines.Bytes(), &d); err != nil {
			b.Fatal(err)
		}
		texts = append(texts, d.Title+" "+d.Text)
	}
	return texts
}

// benchTokenizer has BERT's uncased vocabulary where the reference data is, and a tiny one elsewhere.
func benchTokenizer(b *testing.B) *Tokenizer {
	if os.Getenv("BERTSEARCH_SHARED") == "" {
		return tiny(b)
	}
	return reference(b, "minilm")
}

func BenchmarkEncode(b *testing.B) {
	tok, texts := benchTokenizer(b), english(b)
	var e Encoding
	tok.Encode(&e, strings.Join(texts, " "), 0) // so that e is large enough
	tokens, size := 0, 0
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		text := texts[i%len(texts)]
		tok.Encode(&e, text, 0)
		tokens += e.Len()
		size += len(text)
	}
	b.ReportMetric(float64(tokens)/b.Elapsed().Seconds()/1e6, "Mtokens/s")
	b.ReportMetric(float64(size)/b.Elapsed().Seconds()/1e6, "MB/s")
}

func BenchmarkEncodeMixed(b *testing.B) {
	tok := benchTokenizer(b)
	text := strings.Repeat("Ελληνικά и русский, naïve café; 日本語の文 한국어 हिन्दी ", 40)
	var e Encoding
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		tok.Encode(&e, text, 0)
	}
	b.ReportMetric(float64(e.Len()*b.N)/b.Elapsed().Seconds()/1e6, "Mtokens/s")
}

func BenchmarkUnmarshal(b *testing.B) {
	data, err := benchTokenizer(b).MarshalBinary()
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if err := new(Tokenizer).UnmarshalBinary(data); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkNewWordPiece(b *testing.B) {
	tok := benchTokenizer(b)
	var vocab []string
	for id := range tok.Size() {
		vocab = append(vocab, tok.Token(int32(id)))
	}
	for b.Loop() {
		if _, err := NewWordPiece(vocab, tok.Config()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParseJSON(b *testing.B) {
	data, err := benchTokenizer(b).MarshalJSON()
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, err := ParseJSON(data); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkEncodeUnigram encodes the multilingual golden texts with the vocabulary of XLM-RoBERTa where they are, and
// one text with a tiny vocabulary elsewhere.
func BenchmarkEncodeUnigram(b *testing.B) {
	tok, texts := tinyUnigram(b, nil), english(b)
	if dir := os.Getenv("BERTSEARCH_E5"); dir != "" {
		var err error
		if tok, err = Load(dir); err != nil {
			b.Fatal(err)
		}
	}
	for name, list := range map[string][]string{"english": texts, "tatoeba": tatoeba(b)} {
		b.Run(name, func(b *testing.B) {
			var e Encoding
			tokens, size := 0, 0
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				text := list[i%len(list)]
				tok.Encode(&e, text, 0)
				tokens += e.Len()
				size += len(text)
			}
			b.ReportMetric(float64(tokens)/b.Elapsed().Seconds()/1e6, "Mtokens/s")
			b.ReportMetric(float64(size)/b.Elapsed().Seconds()/1e6, "MB/s")
		})
	}
}

// tatoeba is sentences in all languages of the Tatoeba test set, or one without the reference data.
func tatoeba(b *testing.B) []string {
	files, err := filepath.Glob(filepath.Join(os.Getenv("BERTSEARCH_SHARED"), "data/tatoeba-bitext/tatoeba.*"))
	if err != nil || len(files) == 0 {
		return []string{"Ο χάρτης δείχνει τον δρόμο, naïve; その 地図 は 古い。 한국어"}
	}
	var texts []string
	for _, path := range files {
		data, err := os.ReadFile(path)
		if err != nil {
			b.Fatal(err)
		}
		lines := strings.Split(string(data), "\n")
		texts = append(texts, lines[:min(50, len(lines))]...)
	}
	return texts
}
