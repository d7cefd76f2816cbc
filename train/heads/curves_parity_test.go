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
        if job["kind"] == "mlm":
            words = [-100] * len(b["ids"])
            for row, c in zip(b["rows"], b["classes"]): words[row] = c
            labels = pad(words, -100)
        elif job["kind"] == "ner": labels = pad([-100 if c < 0 else c for c in b["classes"]], -100)
        else: labels = torch.tensor(b["targets"] or b["classes"])
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
	Rows    []int     `json:"rows"` // that the classes are of, of masked words
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

// compareCurves takes some steps from the built-in encoder, here and in PyTorch.
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
	ours, theirs := curves(t, python, Job{Kind: k, Model: m, Tokens: tokens, Train: examples, Recipe: Recipe{
		LearningRate: 1e-4, Length: 160, Dropout: -1, HeldOut: -1, Seed: 5, MaxSteps: 20, Batch: 8,
	}})
	worst, sum := 0.0, 0.0
	for i, loss := range ours {
		sum += theirs[i]
		worst = max(worst, math.Abs(loss-theirs[i]))
	}
	worst /= sum / float64(len(theirs))
	t.Logf("%d steps, loss %.4f to %.4f, PyTorch %.4f to %.4f, at most %.2g of their mean apart", len(ours), ours[0], ours[len(ours)-1], theirs[0], theirs[len(ours)-1], worst)
	if !(worst < 1e-3) {
		t.Errorf("losses %v, PyTorch %v", ours, theirs)
	}
}

// curves runs a job, and takes the same steps on the same batches in PyTorch. It
// returns the losses of both.
func curves(t *testing.T, python string, j Job) (ours, theirs []float64) {
	t.Helper()
	dir := t.TempDir()
	if err := j.Model.Save(dir); err != nil {
		t.Fatal(err)
	}
	r, err := newRun(j, Control{Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer r.team.Close()
	var script struct {
		Kind    Kind          `json:"kind"`
		Rate    float64       `json:"rate"`
		Batches []curvesBatch `json:"batches"`
	}
	script.Kind, script.Rate = j.Kind, r.recipe.LearningRate
	for range r.total {
		b := r.learner.(*headed).batch(r.next())
		types := make([]int, len(b.Types))
		for i, v := range b.Types {
			types[i] = int(v)
		}
		script.Batches = append(script.Batches, curvesBatch{b.IDs, types, b.Starts, b.classes, b.targets, b.rows})
		if err := r.step(); err != nil {
			t.Fatal(err)
		}
	}
	input, err := json.Marshal(script)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python, "-c", curvesScript, dir)
	cmd.Env, cmd.Stdin = append(os.Environ(), "HF_HUB_OFFLINE=1"), strings.NewReader(string(input))
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, err.(*exec.ExitError).Stderr)
	}
	if err := json.Unmarshal(out, &theirs); err != nil {
		t.Fatal(err)
	}
	return r.state.Losses, theirs
}
