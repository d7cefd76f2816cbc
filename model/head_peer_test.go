package model

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// headScript loads each folder that an argument names with the class in its config.json, and prints what PyTorch
// computes of the texts on standard input.
const headScript = `
import json, sys, torch, transformers as T
texts = json.load(sys.stdin)
out = []
for path in sys.argv[1:]:
    c = json.load(open(path + "/config.json"))
    m, info = getattr(T, c["architectures"][0]).from_pretrained(path, output_loading_info=True)
    assert not info["missing_keys"] and not info["unexpected_keys"], (path, info)
    m.eval()
    got = {}
    with torch.no_grad():
        for ids, types in zip(texts["ids"], texts["types"]):
            if c["type_vocab_size"] == 1: types = [0] * len(ids)
            o = m(input_ids=torch.tensor([ids]), token_type_ids=torch.tensor([types]))
            for k, v in o.items(): got.setdefault(k, []).append(v.flatten().tolist())
    out.append(got)
print(json.dumps(out))
`

// TestParityHeads saves models with heads and compares with transformers on the saved folders.
func TestParityHeads(t *testing.T) {
	python := os.Getenv("BERTSEARCH_PYTHON")
	if python == "" {
		t.Skip("parity: BERTSEARCH_PYTHON, an interpreter with transformers, not set")
	}
	dirs, err := filepath.Glob("testdata/heads/*")
	if err != nil || len(dirs) == 0 {
		t.Fatalf("no models in testdata/heads (%v)", err)
	}
	texts := struct {
		IDs   [][]int32 `json:"ids"`
		Types [][]int   `json:"types"`
	}{[][]int32{{4, 8, 15, 16}, {23, 2}}, [][]int{{0, 0, 1, 1}, {0, 0}}}
	args := []string{"-c", headScript}
	var models []*TaskModel
	for _, dir := range dirs {
		m, err := LoadTask(dir)
		if err != nil {
			t.Fatal(err)
		}
		saved := filepath.Join(t.TempDir(), filepath.Base(dir))
		if err := m.Save(saved); err != nil {
			t.Fatal(err)
		}
		models, args = append(models, m), append(args, saved)
	}
	input, err := json.Marshal(texts)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python, args...)
	cmd.Env = append(os.Environ(), "HF_HUB_OFFLINE=1")
	cmd.Stdin = strings.NewReader(string(input))
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, err.(*exec.ExitError).Stderr)
	}
	var peers []map[string][][]float32
	if err := json.Unmarshal(out, &peers); err != nil {
		t.Fatal(err)
	}
	for i, m := range models {
		b := &Batch{}
		for j, ids := range texts.IDs {
			types := make([]uint8, len(ids))
			for k, v := range texts.Types[j] {
				if m.Encoder.Config.TypeVocabSize > 1 {
					types[k] = uint8(v)
				}
			}
			b.Add(ids, types)
		}
		compareHead(t, headOutputs(t, m, b), headGolden{Outputs: peers[i]})
	}
}
