package model

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/bertsearch/bertsearch/internal/nn"
)

// rebuildBatches are those of _gen/seq2seq.py's rebuild: every second token of
// the texts of seq2seqBatches, and all of them.
func rebuildBatches() (damaged, whole *Batch, classes []int) {
	texts, _, _ := seq2seqBatches()
	damaged, whole = &Batch{}, &Batch{}
	for i := range texts.Texts() {
		ids := texts.IDs[texts.Starts[i]:texts.Starts[i+1]]
		var some []int32
		for k := 0; k < len(ids); k += 2 {
			some = append(some, ids[k])
		}
		damaged.Add(some, make([]uint8, len(some)))
		whole.Add(append([]int32{1}, ids...), make([]uint8, len(ids)+1))
		for _, id := range ids {
			classes = append(classes, int(id))
		}
		classes = append(classes, 4)
	}
	return damaged, whole, classes
}

// TestRebuilderIsPyTorch compares loss, scores and the gradient of every tensor
// with PyTorch's on the same weights, on one core and on three.
func TestRebuilderIsPyTorch(t *testing.T) {
	floats := goldenFloats(t, "testdata/seq2seq/rebuild")
	m := loadSeq2Seq(t)
	for _, members := range []int{1, 3} {
		w, err := (&Sentence{Encoder: m.Encoder, Pooling: Pooling{Modes: []PoolingMode{Mean}}, Normalize: true}).Trainable(nil)
		if err != nil {
			t.Fatal(err)
		}
		r := &Rebuilder{w, newTrainableDecoder(m.Decoder, &w.embedding)}
		r.Refresh(nil)
		team := nn.NewTeam(members)
		damaged, whole, classes := rebuildBatches()
		scores, tape, err := r.Forward(team, damaged, whole, ForwardOptions{Train: true})
		if err != nil {
			t.Fatal(err)
		}
		if e := distance(scores, floats("scores")) / length(scores); e > 1e-5 {
			t.Errorf("scores are off by %.2g", e)
		}
		if loss, want := nn.CrossEntropy(scores, len(scores)/len(classes), classes, nil), float64(floats("loss")[0]); math.Abs(loss-want) > 1e-5*want {
			t.Errorf("the loss is %v, PyTorch has %v", loss, want)
		}
		r.Backward(team, tape, scores)
		team.Close()
		for _, p := range w.Params() {
			compareGradient(t, p, floats("encoder."+p.Name))
		}
		for _, p := range r.Params() {
			if strings.Contains(p.Name, "embeddings.") {
				t.Errorf("%s is listed twice: it is the encoder's", p.Name)
			}
			compareGradient(t, p, floats(p.Name))
		}
	}
}

// TestRebuilderGradients compares gradients of a new decoder with central
// differences of the loss: two poolings at once, the decoder seeing both, values
// left out, and nothing kept of the encoder.
func TestRebuilderGradients(t *testing.T) {
	w, err := (&Sentence{Encoder: loadSeq2Seq(t).Encoder, Pooling: Pooling{Modes: []PoolingMode{Mean, CLS}}}).Trainable(nil)
	if err != nil {
		t.Fatal(err)
	}
	r, err := w.Rebuilder(1, 3)
	if err != nil {
		t.Fatal(err)
	}
	damaged, whole, classes := rebuildBatches()
	loss := func(backward bool) float64 {
		scores, tape, err := r.Forward(nil, damaged, whole, ForwardOptions{Train: true, Dropout: 0.2, Seed: 5, Memory: 1})
		if err != nil {
			t.Fatal(err)
		}
		sum := nn.CrossEntropy(scores, len(scores)/len(classes), classes, nil)
		if backward {
			r.Backward(nil, tape, scores)
		}
		return sum
	}
	loss(true)
	for _, p := range slices.Concat(w.Params(), r.Params()) {
		at := 0 // the largest of the gradient
		for i, g := range p.Grad {
			if math.Abs(float64(g)) > math.Abs(float64(p.Grad[at])) {
				at = i
			}
		}
		if math.Abs(float64(p.Grad[at])) < 1e-3 {
			continue // a key's bias, whose gradient is 0, or one too small for differences in float32
		}
		const step = 2e-3
		old := p.Value[at]
		change := func(to float32) float64 {
			p.Value[at] = to
			w.Refresh(nil)
			r.Refresh(nil)
			return loss(false)
		}
		want := (change(old+step) - change(old-step)) / (2 * step)
		change(old)
		if got := float64(p.Grad[at]); math.Abs(got-want) > 0.02*math.Abs(want)+1e-3 {
			t.Errorf("%s[%d]: the gradient is %.5f, differences say %.5f", p.Name, at, got, want)
		}
	}
}

// TestRebuilderTrainsInPart leaves the tables alone where they are not trained,
// and teaches the decoder whatever is trained of the encoder.
func TestRebuilderTrainsInPart(t *testing.T) {
	s := tinySentence(t, Mean)
	for _, o := range []*TrainableOptions{{Layers: 1}, {LoRA: &LoRA{Rank: 2, Alpha: 4}}} {
		w, err := s.Trainable(o)
		if err != nil {
			t.Fatal(err)
		}
		r, err := w.Rebuilder(2, 1)
		if err != nil {
			t.Fatal(err)
		}
		b := tinyTexts(s.Encoder.Config)
		scores, tape, err := r.Forward(nil, b, b, ForwardOptions{Train: true})
		if err != nil {
			t.Fatal(err)
		}
		n := s.Encoder.Config.VocabSize
		classes := make([]int, len(b.IDs))
		for i := range classes {
			classes[i] = int(b.IDs[(i+1)%len(b.IDs)])
		}
		nn.CrossEntropy(scores, n, classes, nil)
		r.Backward(nil, tape, scores)
		moved := func(list []*Param) (n int) {
			for _, p := range list {
				if strings.Contains(p.Name, "embeddings.") {
					t.Errorf("%+v: %s is trained", o, p.Name)
				}
				if slices.ContainsFunc(p.Grad, func(g float32) bool { return g != 0 }) {
					n++
				}
			}
			return n
		}
		if own, decoder := moved(w.Params()), moved(r.Params()); own == 0 || decoder < len(r.Params())*9/10 {
			t.Errorf("%+v: %d tensors of the encoder and %d of the decoder's %d have a gradient", o, own, decoder, len(r.Params()))
		}
	}
	w, err := s.Trainable(nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Rebuilder(4, 1); err == nil || !strings.Contains(err.Error(), "4 layers of 3") {
		t.Errorf("a decoder of more layers than there are: %v", err)
	}
}
