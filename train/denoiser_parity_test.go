package train

import (
	"encoding/json"
	"errors"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bertsearch/bertsearch/internal/nn"
	"github.com/bertsearch/bertsearch/model"
	"github.com/bertsearch/bertsearch/model/minilm"
)

// denoiserScript takes steps on the batches on standard input with the loss of
// sentence-transformers: the encoder is in the folder of its first argument, the
// decoder in that of its second, and they share the tables. It prints the losses.
const denoiserScript = `
import json, sys, torch, transformers as T
from types import SimpleNamespace
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.losses import DenoisingAutoEncoderLoss
torch.set_num_threads(1)
job = json.load(sys.stdin)
encoder = SentenceTransformer(sys.argv[1], device="cpu").eval()
decoder = T.EncoderDecoderModel.from_pretrained(sys.argv[2]).decoder.eval()
decoder.bert.embeddings = encoder.transformers_model.embeddings
decoder.cls.predictions.decoder.weight = decoder.bert.embeddings.word_embeddings.weight
loss = SimpleNamespace(need_retokenization=False, encoder=encoder, decoder=decoder, tokenizer_decoder=SimpleNamespace(pad_token_id=0))
named = {id(p): (n, p, k) for k, m in [(10, decoder), (1, encoder)] for n, p in m.named_parameters()}.values()
opt = torch.optim.AdamW([{"params": p, "lr": job["rate"] * k, "weight_decay": 0 if n.endswith("bias") or "LayerNorm" in n else 0.01} for n, p, k in named])
def features(lists):
    width = max(map(len, lists))
    return {"input_ids": torch.tensor([x + [0] * (width - len(x)) for x in lists]),
            "attention_mask": torch.tensor([[1] * len(x) + [0] * (width - len(x)) for x in lists])}
losses = []
for b in job["batches"]:
    x = DenoisingAutoEncoderLoss.forward(loss, [features(b["damaged"]), features(b["whole"])], None)
    opt.zero_grad(); x.backward()
    torch.nn.utils.clip_grad_norm_([p for _, p, _ in named], 1.0)
    opt.step()
    losses.append(x.item())
print(json.dumps(losses))
`

// denoiserBatch is a batch for the script.
type denoiserBatch struct {
	Damaged [][]int32 `json:"damaged"`
	Whole   [][]int32 `json:"whole"`
}

func newDenoiserBatch(parts []*noisy) denoiserBatch {
	var b denoiserBatch
	for _, p := range parts {
		for i := range p.whole.Texts() {
			from, to := p.whole.Starts[i], p.whole.Starts[i+1]
			b.Damaged = append(b.Damaged, p.damaged.IDs[p.damaged.Starts[i]:p.damaged.Starts[i+1]])
			b.Whole = append(b.Whole, append(append([]int32{}, p.whole.IDs[from:to]...), int32(p.classes[to-1])))
		}
	}
	return b
}

// TestParityDenoiser teaches the built-in model this repository's documents and
// compares the loss of each step with that of sentence-transformers' own TSDAE
// from the same weights.
func TestParityDenoiser(t *testing.T) {
	python := os.Getenv("BERTSEARCH_PYTHON")
	if python == "" {
		t.Skip("parity: BERTSEARCH_PYTHON, an interpreter with sentence-transformers, not set")
	}
	s, tokens, err := minilm.Load()
	if err != nil {
		t.Fatal(err)
	}
	bare := *s
	bare.Normalize = false // the decoder sees vectors before that
	body, err := s.Encoder.Spread(2)
	if err != nil {
		t.Fatal(err)
	}
	const seed, rate, steps, size = 9, 5e-5, 6, 4
	encoder, decoder := t.TempDir(), t.TempDir()
	behind := &model.Seq2Seq{Encoder: s.Encoder, Decoder: model.NewDecoder(body, s.Dimension(), seed), Start: 101, End: 102}
	if err := errors.Join(bare.Save(encoder), tokens.Save(encoder), behind.Save(decoder)); err != nil {
		t.Fatal(err)
	}
	w, err := s.Trainable(nil)
	if err != nil {
		t.Fatal(err)
	}
	d, err := NewDenoiser(Model{s, tokens}, w, 2, 48, seed)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join("..", "ARCHITECTURE.md"))
	if err != nil {
		t.Fatal(err)
	}
	paragraphs := strings.Split(string(text), "\n\n")
	team := nn.NewTeam(2)
	defer team.Close()
	optimizer := NewAdamW(append(w.Params(), d.Params()...), AdamWOptions{Decay: 0.01})
	job := struct {
		Rate    float64         `json:"rate"`
		Batches []denoiserBatch `json:"batches"`
	}{Rate: rate}
	var losses []float64
	for step := range steps {
		batch := paragraphs[step*size : (step+1)*size]
		parts, _ := d.parts(batch, uint64(step))
		job.Batches = append(job.Batches, newDenoiserBatch(parts))
		for _, p := range optimizer.params {
			clear(p.Grad)
		}
		loss, _, err := d.Learn(team, batch, 1, model.ForwardOptions{Train: true, Seed: uint64(step)})
		if err != nil {
			t.Fatal(err)
		}
		Clip(optimizer.params, 1)
		optimizer.Step(rate)
		w.Refresh(team)
		d.Refresh(team)
		losses = append(losses, loss)
	}
	want := runDenoiser(t, python, encoder, decoder, job)
	worst := 0.0
	for i, loss := range losses {
		worst = max(worst, math.Abs(loss-want[i])/want[i])
	}
	t.Logf("%d steps, loss %.4f to %.4f, at most %.2g of it apart", steps, losses[0], losses[steps-1], worst)
	if !(worst < 1e-4) || losses[steps-1] > losses[0]-0.5 {
		t.Errorf("losses %v, sentence-transformers has %v", losses, want)
	}
}

// runDenoiser runs the script.
func runDenoiser(t *testing.T, python, encoder, decoder string, job any) (losses []float64) {
	t.Helper()
	input, err := json.Marshal(job)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python, "-c", denoiserScript, encoder, decoder)
	cmd.Env, cmd.Stdin = append(os.Environ(), "HF_HUB_OFFLINE=1"), strings.NewReader(string(input))
	out, err := cmd.Output()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		t.Fatalf("%v: %s", err, exit.Stderr)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(out, &losses); err != nil {
		t.Fatal(err)
	}
	return losses
}
