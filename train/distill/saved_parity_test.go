package distill

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bertsearch/bertsearch/embed"
	"github.com/bertsearch/bertsearch/internal/kernel"
)

// embedTexts prints the vectors that sentence-transformers computes of lines.
const embedTexts = `
import json, sys
from sentence_transformers import SentenceTransformer
m = SentenceTransformer(sys.argv[1], device="cpu")
print(json.dumps(m.encode(json.load(sys.stdin), batch_size=1, normalize_embeddings=True).tolist()))
`

var parityTexts = []string{
	"how are the signing keys rotated?", "Bread is made of flour, water and salt.", "a",
	"Mice that lacked the receptor gained less weight on a high-fat diet than their litter mates, and their glucose tolerance was unchanged.",
	strings.Repeat("A long text is cut at the model's length. ", 60),
}

// TestParitySavedStudent compares the vectors of a narrower student, saved in f32
// and in bytes, with those of sentence-transformers, which needs the package
// compressed-tensors for the latter.
func TestParitySavedStudent(t *testing.T) {
	python := os.Getenv("BERTSEARCH_PYTHON")
	if python == "" {
		t.Skip("parity: BERTSEARCH_PYTHON, with sentence-transformers and compressed-tensors, not set")
	}
	teacher, err := embed.Default(&embed.Options{Precision: embed.F32})
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for i := range 40 {
		texts = append(texts, parityTexts[i%len(parityTexts)]+" "+strings.Repeat("more words ", i))
	}
	r, err := Run(context.Background(), teacher, texts, Recipe{Hidden: 64, Layers: 2, MaxSteps: 1}, Control{})
	if err != nil {
		t.Fatal(err)
	}
	for name, save := range map[string]func(string) error{"f32": r.Student.Save, "int8": r.Student.SaveInt8} {
		if name == "int8" && exec.Command(python, "-c", "import compressed_tensors").Run() != nil {
			t.Log("SKIPPED: int8, for this Python lacks the package compressed-tensors")
			continue
		}
		dir := filepath.Join(t.TempDir(), name)
		if err := save(dir); err != nil {
			t.Fatal(err)
		}
		if err := teacher.Tokenizer().Save(dir); err != nil {
			t.Fatal(err)
		}
		b, err := embed.Load(dir, &embed.Options{Precision: embed.F32})
		if err != nil {
			t.Fatal(err)
		}
		got, err := b.Embed(context.Background(), embed.Passage, parityTexts)
		if err != nil {
			t.Fatal(err)
		}
		worst := float32(1)
		for i, want := range pythonVectors(t, python, dir) {
			worst = min(worst, kernel.Dot(got[i], want))
		}
		t.Logf("%s: least cosine to sentence-transformers %.7f", name, worst)
		if worst < 0.99999 {
			t.Errorf("%s is another model there", name)
		}
	}
}

func pythonVectors(t *testing.T, python, dir string) (vectors [][]float32) {
	t.Helper()
	in, err := json.Marshal(parityTexts)
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(python, "-c", embedTexts, dir)
	command.Stdin, command.Stderr = strings.NewReader(string(in)), os.Stderr
	out, err := command.Output()
	if err != nil {
		t.Fatalf("sentence-transformers: %v", err)
	}
	if err := json.Unmarshal(out, &vectors); err != nil {
		t.Fatal(err)
	}
	return vectors
}
