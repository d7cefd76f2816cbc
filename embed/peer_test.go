package embed

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/bertsearch/bertsearch/internal/kernel"
	"github.com/bertsearch/bertsearch/internal/nn"
	"github.com/bertsearch/bertsearch/model"
)

// encodeScript loads the folder of its first argument and prints the vectors of
// the texts on standard input.
const encodeScript = `
import json, sys
from sentence_transformers import SentenceTransformer
m = SentenceTransformer(sys.argv[1], device="cpu")
print(json.dumps([m.encode_document([t], normalize_embeddings=True)[0].tolist() for t in json.load(sys.stdin)]))
`

// TestParitySentenceTransformers saves models with every kind of module and
// compares our vectors with those of sentence-transformers on the same folder.
func TestParitySentenceTransformers(t *testing.T) {
	python := os.Getenv("BERTSEARCH_PYTHON")
	if python == "" {
		t.Skip("parity: BERTSEARCH_PYTHON, an interpreter with sentence-transformers, not set")
	}
	random := rand.New(rand.NewPCG(8, 8))
	floats := func(n int) []float32 {
		v := make([]float32, n)
		for i := range v {
			v[i] = float32(random.NormFloat64()) * 0.05
		}
		return v
	}
	texts := append([]string{strings.Repeat("long text. ", 200)}, mixedTexts...)
	for name, change := range map[string]func(s *model.Sentence){
		"as it is": func(*model.Sentence) {},
		"poolings": func(s *model.Sentence) {
			s.Pooling.Modes = []model.PoolingMode{model.Max, model.CLS, model.LastToken, model.MeanSqrtLen, model.WeightedMean}
			s.Normalize = false
		},
		"dense, length and prompts": func(s *model.Sentence) {
			s.Dense = []*model.Dense{
				{Linear: nn.Linear{Weight: kernel.PackF32(floats(7*384), 7, 384), Bias: floats(7)}, Activation: kernel.Tanh},
				{Linear: nn.Linear{Weight: kernel.PackF32(floats(49), 7, 7)}, Activation: kernel.GELU, Residual: true},
			}
			s.MaxLength = 33
			s.Pooling.ExcludePrompt = true
			s.Prompts.Named = map[string]string{"query": "ask: ", "document": "read this: "}
		},
	} {
		b := open(t, nil)
		s := *b.Model()
		change(&s)
		changed, err := New(&s, b.Tokenizer(), nil)
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		if err := changed.Save(dir); err != nil {
			t.Fatal(err)
		}
		want := askPeer(t, python, dir, texts)
		for i, got := range vectorsOf(t, changed, texts...) {
			if c := cosine(got, want[i]); c < 0.99999 {
				t.Errorf("%s: %.20q has cosine %.6f to sentence-transformers", name, texts[i], c)
			}
		}
	}
}

func askPeer(t *testing.T, python, dir string, texts []string) [][]float32 {
	t.Helper()
	input, err := json.Marshal(texts)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python, "-c", encodeScript, dir)
	cmd.Env = append(os.Environ(), "HF_HUB_OFFLINE=1")
	cmd.Stdin = strings.NewReader(string(input))
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, err.(*exec.ExitError).Stderr)
	}
	var vectors [][]float32
	if err := json.Unmarshal(out, &vectors); err != nil {
		t.Fatal(err)
	}
	return vectors
}
