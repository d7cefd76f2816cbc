package embed

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
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

// settings calls f for each precision on one core and on all.
func settings(b *testing.B, f func(b *testing.B, e *BERT)) {
	for _, precision := range []Precision{F32, Int8} {
		for _, workers := range []int{1, runtime.GOMAXPROCS(0)} {
			b.Run(fmt.Sprintf("%s/%d", precision, workers), func(b *testing.B) {
				e, err := Default(&Options{Workers: workers, Precision: precision})
				if err != nil {
					b.Fatal(err)
				}
				b.ReportAllocs()
				f(b, e)
			})
		}
	}
}

// BenchmarkBulk embeds 400 documents at once.
func BenchmarkBulk(b *testing.B) {
	texts := scifact(b, "corpus.jsonl", 400)
	settings(b, func(b *testing.B, e *BERT) {
		var tokens atomic.Int64
		ctx := WithProgress(context.Background(), func(_, n int) { tokens.Add(int64(n)) })
		for b.Loop() {
			if _, err := e.Embed(ctx, Passage, texts); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(tokens.Load())/b.Elapsed().Seconds(), "tokens/s")
	})
}

// BenchmarkQuery embeds one query at a time.
func BenchmarkQuery(b *testing.B) {
	queries := scifact(b, "queries.jsonl", 200)
	settings(b, func(b *testing.B, e *BERT) {
		i := 0
		for b.Loop() {
			if _, err := e.Embed(context.Background(), Query, queries[i%len(queries):][:1]); err != nil {
				b.Fatal(err)
			}
			i++
		}
	})
}
