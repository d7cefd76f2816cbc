package train

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/bertsearch/bertsearch/internal/kernel"
	"github.com/bertsearch/bertsearch/internal/nn"
	"github.com/bertsearch/bertsearch/model"
)

// embedIDs prints the vectors that sentence-transformers computes of lists of
// token ids, one at a time.
const embedIDs = `
import json, sys, torch
torch.set_num_threads(1)
from sentence_transformers import SentenceTransformer
m = SentenceTransformer(sys.argv[1], device="cpu")
with torch.no_grad():
    rows = [m({"input_ids": torch.tensor([i]), "attention_mask": torch.ones(1, len(i), dtype=torch.long)})["sentence_embedding"][0].tolist() for i in json.load(sys.stdin)]
print(json.dumps(rows))
`

// TestParitySaved trains a little, saves, and compares the vectors of 200 texts
// with those of sentence-transformers.
func TestParitySaved(t *testing.T) {
	weights, python := os.Getenv("BERTSEARCH_WEIGHTS"), os.Getenv("BERTSEARCH_PYTHON")
	if weights == "" || python == "" {
		t.Skip("parity: BERTSEARCH_WEIGHTS and BERTSEARCH_PYTHON, with sentence-transformers, not set")
	}
	base, err := model.Load(weights)
	if err != nil {
		t.Fatal(err)
	}
	var texts parityBatch
	r := rand.New(rand.NewPCG(4, 4))
	for range 200 {
		ids := make([]int32, 3+r.IntN(40))
		for i := range ids {
			ids[i] = int32(1000 + r.IntN(20000))
		}
		texts.IDs = append(texts.IDs, ids)
	}
	before, dir := trainAndSave(t, base, texts, weights)
	want := sentenceTransformers(t, python, dir, texts)
	saved, err := model.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	got := vectorsOf(t, saved, texts)
	worst, moved := 1.0, 1.0
	for i, row := range want {
		mine := got[i*len(row) : (i+1)*len(row)]
		worst = min(worst, float64(kernel.Dot(mine, row)))
		moved = min(moved, float64(kernel.Dot(mine, before[i*len(row):])))
	}
	t.Logf("worst cosine %.7f; training moved a text to cosine %.3f", worst, moved)
	if worst < 0.9999 || moved > 0.999 {
		t.Errorf("worst cosine %v with sentence-transformers; %v with the untrained model", worst, moved)
	}
}

// trainAndSave returns the vectors before three coarse steps and the folder of
// the model after them.
func trainAndSave(t *testing.T, base *model.Sentence, texts parityBatch, tokenizer string) (before []float32, dir string) {
	t.Helper()
	before = vectorsOf(t, base, texts)
	w, err := base.Trainable(nil)
	if err != nil {
		t.Fatal(err)
	}
	team := nn.NewTeam(2)
	defer team.Close()
	optimizer := NewAdamW(w.Params(), AdamWOptions{Decay: 0.01})
	for range 3 {
		parityGradient(t, w, team, parityBatch{texts.IDs[:32]}, model.ForwardOptions{Train: true})
		optimizer.Step(1e-3)
		w.Refresh(team)
	}
	tuned, err := w.Sentence()
	if err != nil {
		t.Fatal(err)
	}
	dir = t.TempDir()
	if err := tuned.Save(dir); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"tokenizer.json", "tokenizer_config.json", "vocab.txt", "special_tokens_map.json"} {
		data, err := os.ReadFile(filepath.Join(tokenizer, name))
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), data, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return before, dir
}

func vectorsOf(t *testing.T, s *model.Sentence, texts parityBatch) []float32 {
	t.Helper()
	b := &model.Batch{}
	for _, ids := range texts.IDs {
		b.Add(ids, make([]uint8, len(ids)))
	}
	out := make([]float32, b.Texts()*s.Dimension())
	if err := s.Embed(&model.Workspace{}, b, out); err != nil {
		t.Fatal(err)
	}
	return out
}

func sentenceTransformers(t *testing.T, python, dir string, texts parityBatch) [][]float32 {
	t.Helper()
	in, err := os.CreateTemp(t.TempDir(), "ids")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = in.Close() }()
	err = json.NewEncoder(in).Encode(texts.IDs)
	if err == nil {
		_, err = in.Seek(0, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(python, "-c", embedIDs, dir)
	command.Stdin = in
	out, err := command.Output()
	if err != nil {
		t.Fatalf("sentence-transformers: %v", err)
	}
	var rows [][]float32
	if err := json.Unmarshal(out, &rows); err != nil {
		t.Fatal(err)
	}
	return rows
}
