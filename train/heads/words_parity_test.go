package heads

import (
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bertsearch/bertsearch/embed"
	"github.com/bertsearch/bertsearch/model"
	"github.com/bertsearch/bertsearch/model/minilm"
	"github.com/bertsearch/bertsearch/train/dataset"
)

// wordsScript takes the steps that the batches on standard input are of, from
// the model in the folder of its first argument, and prints the loss of each.
const wordsScript = `
import json, sys, torch, transformers as T
torch.set_num_threads(1)
job = json.load(sys.stdin)
m = T.BertForMaskedLM.from_pretrained(sys.argv[1]).eval()
plain = [p for n, p in m.named_parameters() if n.endswith("bias") or "LayerNorm" in n]
other = [p for n, p in m.named_parameters() if not (n.endswith("bias") or "LayerNorm" in n)]
opt = torch.optim.AdamW([{"params": other, "weight_decay": 0.01}, {"params": plain, "weight_decay": 0.0}], lr=job["rate"])
n, warm, losses = len(job["batches"]), round(len(job["batches"]) / 10), []
for step, b in enumerate(job["batches"]):
    for g in opt.param_groups: g["lr"] = job["rate"] * ((step + 1) / warm if step < warm else (n - step) / (n - warm))
    labels = [-100] * len(b["ids"])
    for row, c in zip(b["rows"], b["classes"]): labels[row] = c
    spans = list(zip(b["starts"], b["starts"][1:]))
    width = max(t - f for f, t in spans)
    pad = lambda x, v: torch.tensor([x[f:t] + [v] * (width - t + f) for f, t in spans])
    loss = m(input_ids=pad(b["ids"], 0), attention_mask=pad([1] * len(labels), 0), labels=pad(labels, -100)).loss
    opt.zero_grad(); loss.backward()
    torch.nn.utils.clip_grad_norm_(m.parameters(), 1.0)
    opt.step()
    losses.append(loss.item())
print(json.dumps(losses))
`

// wordsBatch is a batch for the script.
type wordsBatch struct {
	IDs     []int32 `json:"ids"`
	Starts  []int   `json:"starts"`
	Rows    []int   `json:"rows"`
	Classes []int   `json:"classes"`
}

// TestParityMaskedWords learns masked words from nothing, on Python's
// enhancement proposals, and compares each loss with PyTorch's on the same
// batches.
func TestParityMaskedWords(t *testing.T) {
	python, shared := os.Getenv("BERTSEARCH_PYTHON"), os.Getenv("BERTSEARCH_SHARED")
	if python == "" || shared == "" {
		t.Skip("parity: BERTSEARCH_PYTHON, an interpreter with transformers, or BERTSEARCH_SHARED not set")
	}
	_, tokens, err := minilm.Load()
	if err != nil {
		t.Fatal(err)
	}
	e, err := model.NewEncoder(model.Config{
		ModelType: "bert", VocabSize: tokens.Size(), HiddenSize: 64, HiddenLayers: 2, AttentionHeads: 4, IntermediateSize: 128,
		MaxPositionEmbeddings: 64, TypeVocabSize: 2, HiddenAct: "gelu", LayerNormEps: 1e-12, InitializerRange: 0.02, PositionEmbeddingType: "absolute",
	}, 1)
	if err != nil {
		t.Fatal(err)
	}
	examples := proposals(t, filepath.Join(shared, "data", "python-peps"), 800)
	m, err := New(Words, e, examples, 1)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := m.Save(dir); err != nil {
		t.Fatal(err)
	}
	const rate = 2e-3
	r, err := newRun(Job{Kind: Words, Model: m, Tokens: tokens, Train: examples, Recipe: Recipe{
		LearningRate: rate, Length: 64, Dropout: -1, HeldOut: -1, Seed: 5, MaxSteps: 100, Batch: 24,
	}}, Control{Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer r.team.Close()
	var job struct {
		Rate    float64      `json:"rate"`
		Batches []wordsBatch `json:"batches"`
	}
	job.Rate = rate
	for range r.total {
		b := r.learner.(*headed).batch(r.next())
		job.Batches = append(job.Batches, wordsBatch{b.IDs, b.Starts, b.rows, b.classes})
		if err := r.step(); err != nil {
			t.Fatal(err)
		}
	}
	input, err := json.Marshal(job)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python, "-c", wordsScript, dir)
	cmd.Env = append(os.Environ(), "HF_HUB_OFFLINE=1")
	cmd.Stdin = strings.NewReader(string(input))
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, err.(*exec.ExitError).Stderr)
	}
	var want []float64
	if err := json.Unmarshal(out, &want); err != nil {
		t.Fatal(err)
	}
	worst := 0.0
	for i, loss := range r.state.Losses {
		worst = max(worst, math.Abs(loss-want[i])/want[i])
	}
	first, last := r.state.Losses[0], r.state.Losses[len(r.state.Losses)-1]
	t.Logf("%d steps, loss %.3f to %.3f, PyTorch %.3f to %.3f, at most %.2g apart", len(want), first, last, want[0], want[len(want)-1], worst)
	if !(worst < 0.02) || !(last < first-1) {
		t.Errorf("losses are up to %.2g apart, and fall from %.3f to %.3f", worst, first, last)
	}
}

// proposals are paragraphs of Python's enhancement proposals, n at most.
func proposals(t *testing.T, dir string, n int) (examples []dataset.Example) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".rst") || len(examples) >= n {
			return err
		}
		text, err := os.ReadFile(path)
		for _, s := range embed.Sentences(string(text)) {
			if sentence := string(text[s.Start:s.End]); len(sentence) > 60 && len(examples) < n {
				examples = append(examples, dataset.Example{Text: sentence, Group: path, Line: len(examples) + 1})
			}
		}
		return err
	})
	if err != nil || len(examples) == 0 {
		t.Fatalf("no text in %s (%v)", dir, err)
	}
	return examples
}
