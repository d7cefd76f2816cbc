package embed

import (
	"bytes"
	"context"
	"encoding/json"
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"

	"github.com/bertsearch/bertsearch/model"
)

// encodeBoth prints the vectors that sentence-transformers gives queries and
// documents of the same texts.
const encodeBoth = `
import json, sys, torch
torch.set_num_threads(1)
from sentence_transformers import SentenceTransformer
m = SentenceTransformer(sys.argv[1], device="cpu")
texts = json.load(sys.stdin)
print(json.dumps([m.encode_query(texts).tolist(), m.encode_document(texts).tolist()]))
`

// TestParityAdapter saves a model with an adapter of queries and compares 200
// texts of either kind with sentence-transformers.
func TestParityAdapter(t *testing.T) {
	texts, _ := goldens(t)
	weights, python := os.Getenv("BERTSEARCH_WEIGHTS"), os.Getenv("BERTSEARCH_PYTHON")
	if weights == "" || python == "" {
		t.Skip("parity: BERTSEARCH_WEIGHTS and BERTSEARCH_PYTHON, with sentence-transformers, not set")
	}
	base, err := Load(weights, nil)
	if err != nil {
		t.Fatal(err)
	}
	texts = texts[:200]
	d := base.Dimension()
	r := rand.New(rand.NewPCG(6, 6))
	matrix := make([]float32, d*d)
	for i := range matrix {
		matrix[i] = float32(r.NormFloat64()) / 40
	}
	for i := range d {
		matrix[i*d+i]++
	}
	s := *base.Model()
	s.Adapter = model.NewAdapter(matrix, d, true)
	b, err := base.With(&s)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := b.Save(dir); err != nil {
		t.Fatal(err)
	}
	if b, err = Load(dir, nil); err != nil {
		t.Fatal(err)
	}
	in, err := json.Marshal(texts)
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), python, "-c", encodeBoth, dir)
	c.Stdin, c.Stderr = bytes.NewReader(in), os.Stderr
	out, err := c.Output()
	var want [2][][]float32
	if err == nil {
		err = json.Unmarshal(out, &want)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		kind Kind
		want [][]float32
	}{{Query, want[0]}, {Passage, want[1]}, {HybridQuery, want[1]}} { // learnt from words: left out
		got, err := b.Embed(context.Background(), c.kind, texts)
		if err != nil {
			t.Fatal(err)
		}
		worst := 1.0
		for k := range texts {
			worst = min(worst, cosine(got[k], c.want[k]))
		}
		t.Logf("%s: worst cosine %.7f over %d texts", c.kind, worst, len(texts))
		if worst < 0.9999 {
			t.Errorf("%s: worst cosine %g to sentence-transformers", c.kind, worst)
		}
	}
	if moved := cosine(want[0][0], want[1][0]); moved > 0.99 {
		t.Errorf("the adapter moves a query to cosine %g", moved)
	}
}
