package heads

import (
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bertsearch/bertsearch/model/minilm"
	"github.com/bertsearch/bertsearch/train/dataset"
)

// curvesScript takes the steps that the batches on standard input are of, from
// the model in the folder of its first argument, and prints the loss of each.
// That of answers is over the tokens of each text, without the padding.
const curvesScript = `
import json, sys, torch, transformers as T
torch.set_num_threads(2)
job = json.load(sys.stdin)
m = getattr(T, json.load(open(sys.argv[1] + "/config.json"))["architectures"][0]).from_pretrained(sys.argv[1]).eval()
plain = [p for n, p in m.named_parameters() if n.endswith("bias") or "LayerNorm" in n]
other = [p for n, p in m.named_parameters() if not (n.endswith("bias") or "LayerNorm" in n)]
opt = torch.optim.AdamW([{"params": other, "weight_decay": 0.01}, {"params": plain, "weight_decay": 0.0}], lr=job["rate"])
n, warm, losses = len(job["batches"]), round(len(job["batches"]) / 10), []
for step, b in enumerate(job["batches"]):
    for g in opt.param_groups: g["lr"] = job["rate"] * ((step + 1) / warm if step < warm else (n - step) / (n - warm))
    spans = list(zip(b["starts"], b["starts"][1:]))
    width = max(t - f for f, t in spans)
    pad = lambda x, v: torch.tensor([x[f:t] + [v] * (width - t + f) for f, t in spans])
    inputs = dict(input_ids=pad(b["ids"], 0), token_type_ids=pad(b["types"], 0), attention_mask=pad([1] * len(b["ids"]), 0))
    if job["kind"] == "qa":
        o, c = m(**inputs), torch.tensor(b["classes"]).reshape(-1, 2)
        loss = sum(torch.nn.functional.cross_entropy(x.masked_fill(inputs["attention_mask"] == 0, -1e30), c[:, i]) for i, x in enumerate((o.start_logits, o.end_logits))) / 2
    else:
        labels = torch.tensor(b["targets"] or b["classes"]) if job["kind"] != "ner" else pad(b["classes"], -1)
        if job["kind"] == "ner": labels[labels == -1] = -100
        loss = m(**inputs, labels=labels).loss
    opt.zero_grad(); loss.backward()
    torch.nn.utils.clip_grad_norm_(m.parameters(), 1.0)
    opt.step()
    losses.append(loss.item())
print(json.dumps(losses))
`

// curvesBatch is a batch for the script.
type curvesBatch struct {
	IDs     []int32   `json:"ids"`
	Types   []int     `json:"types"`
	Starts  []int     `json:"starts"`
	Classes []int     `json:"classes"`
	Targets []float32 `json:"targets"`
}

// TestParityCurves trains the built-in encoder with each kind of head on public
// data, and compares each loss with PyTorch's on the same batches, dropout aside.
func TestParityCurves(t *testing.T) {
	python, shared := os.Getenv("BERTSEARCH_PYTHON"), os.Getenv("BERTSEARCH_SHARED")
	if python == "" || shared == "" {
		t.Skip("parity: BERTSEARCH_PYTHON, an interpreter with transformers, or BERTSEARCH_SHARED not set")
	}
	for _, c := range []struct {
		kind    Kind
		file    string
		columns dataset.Columns
	}{
		{Classify, "banking77/train.csv", dataset.Columns{}},
		{Pair, "sick2014/SICK_trial.txt", dataset.Columns{Score: "relatedness_score"}},
		{Entities, "wnut17-ner/emerging.dev.conll", dataset.Columns{}},
		{Answers, "xquad/raw/xquad.en.json", dataset.Columns{}},
	} {
		t.Run(string(c.kind), func(t *testing.T) {
			format := dataset.Format("")
			if c.kind == Pair {
				format = "tsv"
			}
			examples, err := dataset.Load(filepath.Join(shared, "data", c.file), &dataset.Options{Format: format, Columns: c.columns})
			if err != nil {
				t.Fatal(err)
			}
			compareCurves(t, python, c.kind, examples)
		})
	}
}

// compareCurves takes some steps, here and in PyTorch.
func compareCurves(t *testing.T, python string, k Kind, examples []dataset.Example) {
	t.Helper()
	s, tokens, err := minilm.Load()
	if err != nil {
		t.Fatal(err)
	}
	m, err := New(k, s.Encoder, examples, 1)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := m.Save(dir); err != nil {
		t.Fatal(err)
	}
	const rate = 1e-4
	r, err := newRun(Job{Kind: k, Model: m, Tokens: tokens, Train: examples, Recipe: Recipe{
		LearningRate: rate, Length: 160, Dropout: -1, HeldOut: -1, Seed: 5, MaxSteps: 20, Batch: 8,
	}}, Control{Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer r.team.Close()
	var job struct {
		Kind    Kind          `json:"kind"`
		Rate    float64       `json:"rate"`
		Batches []curvesBatch `json:"batches"`
	}
	job.Kind, job.Rate = k, rate
	for range r.total {
		b := r.learner.(*headed).batch(r.next())
		types := make([]int, len(b.Types))
		for i, v := range b.Types {
			types[i] = int(v)
		}
		job.Batches = append(job.Batches, curvesBatch{b.IDs, types, b.Starts, b.classes, b.targets})
		if err := r.step(); err != nil {
			t.Fatal(err)
		}
	}
	input, err := json.Marshal(job)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python, "-c", curvesScript, dir)
	cmd.Env, cmd.Stdin = append(os.Environ(), "HF_HUB_OFFLINE=1"), strings.NewReader(string(input))
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, err.(*exec.ExitError).Stderr)
	}
	var want []float64
	if err := json.Unmarshal(out, &want); err != nil {
		t.Fatal(err)
	}
	worst, sum := 0.0, 0.0
	for i, loss := range r.state.Losses {
		sum += want[i]
		worst = max(worst, math.Abs(loss-want[i]))
	}
	worst /= sum / float64(len(want))
	t.Logf("%d steps, loss %.4f to %.4f, PyTorch %.4f to %.4f, at most %.2g of their mean apart", len(want), r.state.Losses[0], r.state.Losses[len(want)-1], want[0], want[len(want)-1], worst)
	if !(worst < 1e-3) {
		t.Errorf("losses %v, PyTorch %v", r.state.Losses, want)
	}
}
