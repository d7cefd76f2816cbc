package embed

import (
	"bufio"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
)

// scifact reads up to n texts of a file of ../shared/data/scifact, as
// peers/encode_bench.py does.
func scifact(b *testing.B, name string, n int) []string {
	b.Helper()
	shared := os.Getenv("BERTSEARCH_SHARED")
	if shared == "" {
		b.Skip("bench: BERTSEARCH_SHARED not set")
	}
	f, err := os.Open(filepath.Join(shared, "data", "scifact", name))
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = f.Close() }() // only read
	var texts []string
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() && len(texts) < n {
		var d struct{ Title, Text string }
		if err := json.Unmarshal(lines.Bytes(), &d); err != nil {
			b.Fatal(err)
		}
		texts = append(texts, PassageText(d.Title, d.Text))
	}
	return texts
}

func benchDefault(b *testing.B, workers int) *BERT {
	b.Helper()
	e, err := Default(&Options{Workers: workers})
	if err != nil {
		b.Fatal(err)
	}
	return e
}

func benchBulk(b *testing.B, workers int) {
	texts := scifact(b, "corpus.jsonl", 400)
	e := benchDefault(b, workers)
	var tokens atomic.Int64
	ctx := WithProgress(context.Background(), func(_, n int) { tokens.Add(int64(n)) })
	b.ReportAllocs()
	for b.Loop() {
		if _, err := e.Embed(ctx, Passage, texts); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(tokens.Load())/b.Elapsed().Seconds(), "tokens/s")
}

func BenchmarkBulkOneCore(b *testing.B)  { benchBulk(b, 1) }
func BenchmarkBulkAllCores(b *testing.B) { benchBulk(b, 0) }

func benchQuery(b *testing.B, workers int) {
	queries := scifact(b, "queries.jsonl", 200)
	e := benchDefault(b, workers)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		if _, err := e.Embed(context.Background(), Query, queries[i%len(queries):][:1]); err != nil {
			b.Fatal(err)
		}
		i++
	}
}

func BenchmarkQueryOneCore(b *testing.B)  { benchQuery(b, 1) }
func BenchmarkQueryAllCores(b *testing.B) { benchQuery(b, 0) }
