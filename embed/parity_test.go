package embed

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"
)

// golden is a text and its vector by sentence-transformers.
type golden struct {
	Text   string
	Vector []float32
}

func goldens(t *testing.T) (texts []string, want [][]float32) {
	t.Helper()
	shared := os.Getenv("BERTSEARCH_SHARED")
	if shared == "" {
		t.Skip("parity: BERTSEARCH_SHARED not set")
	}
	f, err := os.Open(filepath.Join(shared, "golden", "embeddings-minilm.jsonl.gz"))
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
	for lines.Scan() {
		var g golden
		if err := json.Unmarshal(lines.Bytes(), &g); err != nil {
			t.Fatal(err)
		}
		texts, want = append(texts, g.Text), append(want, g.Vector)
	}
	if err := lines.Err(); err != nil || len(texts) == 0 {
		t.Fatalf("%d goldens, %v", len(texts), err)
	}
	return texts, want
}

func TestParityOriginalWeights(t *testing.T) {
	texts, want := goldens(t)
	dir := os.Getenv("BERTSEARCH_WEIGHTS")
	if dir == "" {
		t.Skip("parity: BERTSEARCH_WEIGHTS not set")
	}
	b, err := Load(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := b.Embed(context.Background(), Passage, texts)
	if err != nil {
		t.Fatal(err)
	}
	worst := 0.0
	for i := range want {
		for j, v := range want[i] {
			d := math.Abs(float64(got[i][j] - v))
			if worst = max(worst, d); d > 2e-5 {
				t.Fatalf("text %d %.60q: value %d is %g, want %g", i, texts[i], j, got[i][j], v)
			}
		}
	}
	t.Logf("largest difference over %d texts: %.2g", len(texts), worst)
}

// TestParityDefault compares the built-in model, whose weights are rounded, with
// the original's vectors. In bytes, strings of control characters and scripts
// that the model never learned lie further off than the .995 of documents.
func TestParityDefault(t *testing.T) {
	texts, want := goldens(t)
	for _, c := range []struct {
		precision   Precision
		worst, mean float64
	}{{F32, 0.999, 0.999}, {Int8, 0.99, 0.998}} {
		t.Run(string(c.precision), func(t *testing.T) {
			b, err := Default(&Options{Precision: c.precision})
			if err != nil {
				t.Fatal(err)
			}
			got, err := b.Embed(context.Background(), Passage, texts)
			if err != nil {
				t.Fatal(err)
			}
			worst, mean := 1.0, 0.0
			for i := range want {
				cos := cosine(got[i], want[i])
				mean += cos / float64(len(want))
				if worst = min(worst, cos); cos < c.worst {
					t.Errorf("text %d %.60q: cosine %g to the reference", i, texts[i], cos)
				}
			}
			if mean < c.mean {
				t.Errorf("mean cosine %g to the reference", mean)
			}
			t.Logf("cosines over %d texts: %.7f at worst, %.7f on average", len(texts), worst, mean)
		})
	}
}

func cosine(a, b []float32) float64 {
	var ab, aa, bb float64
	for i := range a {
		ab += float64(a[i]) * float64(b[i])
		aa += float64(a[i]) * float64(a[i])
		bb += float64(b[i]) * float64(b[i])
	}
	return ab / math.Sqrt(aa*bb)
}
