package model

import (
	"bytes"
	"context"
	"encoding/json"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/bertsearch/bertsearch/internal/nn"
	"github.com/bertsearch/bertsearch/internal/safetensors"
)

// seq2seqScript loads the folder of its first argument, and for the texts on
// standard input writes scores, the gradient of their mean cross entropy with
// respect to them and to every tensor to the file of its second, and prints
// what it writes of each, with one beam and with four.
const seq2seqScript = `
import json, sys, torch, transformers as T
from safetensors.torch import save_file
torch.set_num_threads(1)
job = json.load(sys.stdin)
m = T.EncoderDecoderModel.from_pretrained(sys.argv[1]).eval()
rows = []
for ids, words in zip(job["read"], job["write"]):
    scores = m(input_ids=torch.tensor([ids]), decoder_input_ids=torch.tensor([[job["start"]] + words])).logits[0]
    scores.retain_grad()
    rows.append((scores, torch.tensor(words + [job["end"]])))
torch.nn.functional.cross_entropy(torch.cat([s for s, _ in rows]), torch.cat([y for _, y in rows])).backward()
out = {n: p.grad for n, p in m.named_parameters() if p.grad is not None}
out["scores"], out["scores.grad"] = torch.cat([s for s, _ in rows]).detach(), torch.cat([s.grad for s, _ in rows])
save_file({n: v.contiguous() for n, v in out.items()}, sys.argv[2])
def generate(ids, beams):
    c = T.GenerationConfig(max_new_tokens=20, num_beams=beams, do_sample=False, decoder_start_token_id=job["start"], eos_token_id=job["end"], pad_token_id=0)
    return m.generate(torch.tensor([ids]), generation_config=c)[0].tolist()[1:]
print(json.dumps([[generate(ids, beams) for beams in [1, 4]] for ids in job["read"]]))
`

// seq2seqJob is what the script reads.
type seq2seqJob struct {
	Read  [][]int32 `json:"read"`
	Write [][]int32 `json:"write"`
	Start int32     `json:"start"`
	End   int32     `json:"end"`
}

// TestParitySeq2Seq saves a random encoder with three layers and a decoder with
// two of another size than the one of the golden files, and compares scores,
// gradients and texts with transformers' on what it loads.
func TestParitySeq2Seq(t *testing.T) {
	python := os.Getenv("BERTSEARCH_PYTHON")
	if python == "" {
		t.Skip("parity: BERTSEARCH_PYTHON, an interpreter with torch and transformers, not set")
	}
	c := Config{
		ModelType: "bert", VocabSize: 151, HiddenSize: 48, HiddenLayers: 3, AttentionHeads: 4, IntermediateSize: 80, MaxPositionEmbeddings: 64,
		TypeVocabSize: 2, HiddenAct: "gelu", LayerNormEps: 1e-12, InitializerRange: 0.4, PositionEmbeddingType: "absolute",
	}
	e, err := NewEncoder(c, 3)
	if err != nil {
		t.Fatal(err)
	}
	body, err := e.Spread(2)
	if err != nil {
		t.Fatal(err)
	}
	m := &Seq2Seq{Encoder: e, Decoder: NewDecoder(body, c.HiddenSize, 4), Start: 1, End: 2}
	m.Decoder.Words.Bias[m.End] = 10 // so that some texts end
	dir := t.TempDir()
	if err := m.Save(dir); err != nil {
		t.Fatal(err)
	}
	job, read, written := randomTexts(m, 12)
	golden, texts := runSeq2Seq(t, python, dir, job)
	compareTraining(t, m, read, written, golden)
	ended, tokens := 0, 0
	for i, ids := range job.Read {
		b := &Batch{}
		b.Add(ids, make([]uint8, len(ids)))
		for k, beams := range []int{1, 4} {
			want := texts[i][k]
			if end := slices.Index(want, m.End); end >= 0 {
				want, ended = want[:end], ended+1
			}
			tokens += len(want)
			got, err := m.Generate(context.Background(), &Workspace{}, b, GenerateOptions{Length: 20, Beams: beams})
			if err != nil || !slices.Equal(got, want) {
				t.Errorf("text %d, %d beams: %v, transformers writes %v (%v)", i, beams, got, want, err)
			}
		}
	}
	t.Logf("%d of %d texts end before 20 tokens; %d tokens in all", ended, 2*len(job.Read), tokens)
	if ended == 0 || ended == 2*len(job.Read) || tokens < 100 {
		t.Error("the texts are too much alike to compare anything")
	}
}

// randomTexts makes n texts to read and to write.
func randomTexts(m *Seq2Seq, n int) (job seq2seqJob, read, written *Batch) {
	r := rand.New(rand.NewPCG(8, 8))
	random := func() []int32 {
		ids := make([]int32, 1+r.IntN(30))
		for i := range ids {
			ids[i] = int32(3 + r.IntN(m.Encoder.Config.VocabSize-3))
		}
		return ids
	}
	job.Start, job.End = m.Start, m.End
	read, written = &Batch{}, &Batch{}
	for range n {
		source, target := random(), random()
		job.Read, job.Write = append(job.Read, source), append(job.Write, target)
		read.Add(source, make([]uint8, len(source)))
		written.Add(append([]int32{m.Start}, target...), make([]uint8, len(target)+1))
	}
	return job, read, written
}

// runSeq2Seq runs the script.
func runSeq2Seq(t *testing.T, python, dir string, job seq2seqJob) (*safetensors.File, [][][]int32) {
	t.Helper()
	input, err := json.Marshal(job)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "gradients")
	var errs bytes.Buffer
	cmd := exec.Command(python, "-c", seq2seqScript, dir, path)
	cmd.Env, cmd.Stdin, cmd.Stderr = append(os.Environ(), "HF_HUB_OFFLINE=1"), bytes.NewReader(input), &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, errs.String())
	}
	var texts [][][]int32
	if err := json.Unmarshal(out, &texts); err != nil {
		t.Fatal(err)
	}
	golden, err := safetensors.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = golden.Close() })
	return golden, texts
}

// compareTraining compares scores and gradients.
func compareTraining(t *testing.T, m *Seq2Seq, read, written *Batch, golden *safetensors.File) {
	t.Helper()
	floats := func(name string) []float32 {
		v, err := golden.Floats(name)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	w, err := m.Trainable(nil)
	if err != nil {
		t.Fatal(err)
	}
	team := nn.NewTeam(2)
	defer team.Close()
	scores, tape, err := w.Forward(team, read, written, ForwardOptions{Train: true})
	if err != nil {
		t.Fatal(err)
	}
	apart := distance(scores, floats("scores")) / length(scores)
	if apart > 1e-5 {
		t.Errorf("scores are off by %.2g of their length", apart)
	}
	w.Backward(team, tape, floats("scores.grad"))
	worst := 0.0
	for _, p := range w.Params() {
		want := floats(p.Name)
		compareGradient(t, p, want)
		if length(want) > 1e-3 {
			worst = max(worst, distance(p.Grad, want)/length(want))
		}
	}
	t.Logf("%d tensors; scores are %.2g apart, gradients at most %.2g", len(w.Params()), apart, worst)
}
