package embed

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// multilingualScript prints sentence-transformers' vectors of the texts on standard input. The tokenizer is the one in
// tokenizer.json: transformers 5 would build another for the class that tokenizer_config.json names.
const multilingualScript = `
import json, sys, torch
from sentence_transformers import SentenceTransformer
from transformers import PreTrainedTokenizerFast
m = SentenceTransformer(sys.argv[1], device="cpu", model_kwargs={"dtype": torch.float32})
m[0].processor = PreTrainedTokenizerFast(tokenizer_file=sys.argv[1] + "/tokenizer.json", pad_token="<pad>", model_max_length=512)
print(json.dumps([m.encode([t], prompt="query: ", normalize_embeddings=True)[0].tolist() for t in json.load(sys.stdin)]))
`

// TestParityMultilingual compares with sentence-transformers on texts in about a hundred languages.
func TestParityMultilingual(t *testing.T) {
	python, shared, dir := os.Getenv("BERTSEARCH_PYTHON"), os.Getenv("BERTSEARCH_SHARED"), os.Getenv("BERTSEARCH_E5")
	if python == "" || shared == "" || dir == "" {
		t.Skip("parity: BERTSEARCH_PYTHON, BERTSEARCH_SHARED or BERTSEARCH_E5 not set")
	}
	f, err := os.Open(filepath.Join(shared, "golden/tokens-multilingual-e5-small.jsonl.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }() // only read
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, 1<<24)
	for n := 0; lines.Scan(); n++ {
		var g golden
		if err := json.Unmarshal(lines.Bytes(), &g); err != nil {
			t.Fatal(err)
		}
		if n%13 == 0 && strings.TrimSpace(g.Text) != "" {
			texts = append(texts, g.Text)
		}
	}
	b, err := Load(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := b.Embed(context.Background(), Query, texts)
	if err != nil {
		t.Fatal(err)
	}
	input, err := json.Marshal(texts)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python, "-c", multilingualScript, dir)
	cmd.Env = append(os.Environ(), "HF_HUB_OFFLINE=1")
	cmd.Stdin = strings.NewReader(string(input))
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, err.(*exec.ExitError).Stderr)
	}
	var want [][]float32
	if err := json.Unmarshal(out, &want); err != nil {
		t.Fatal(err)
	}
	worst := 1.0
	for i := range texts {
		c := cosine(got[i], want[i])
		if worst = min(worst, c); c < .9999 {
			t.Errorf("%.60q has cosine %.6f to sentence-transformers", texts[i], c)
		}
	}
	t.Logf("%d texts, smallest cosine %.7f", len(texts), worst)
}
