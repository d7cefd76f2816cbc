package model

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/bertsearch/bertsearch/internal/nn"
)

// seq2seqBatches are what the gradients of _gen/seq2seq.py are of: each text is
// to become the next one.
func seq2seqBatches() (read, written *Batch, classes []int) {
	texts := [][]int32{{5, 9, 22, 2, 7}, {3}, {12, 13, 14, 15, 16, 17}}
	read, written = &Batch{}, &Batch{}
	for i, ids := range texts {
		read.Add(ids, make([]uint8, len(ids)))
		next := texts[(i+1)%len(texts)]
		written.Add(append([]int32{1}, next...), make([]uint8, len(next)+1))
		for _, id := range next {
			classes = append(classes, int(id))
		}
		classes = append(classes, 4)
	}
	return read, written, classes
}

func loadSeq2Seq(t *testing.T) *Seq2Seq {
	t.Helper()
	m, err := LoadSeq2Seq("testdata/seq2seq")
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestSeq2SeqGradientsOfPyTorch compares scores and the gradient of every
// tensor with PyTorch's, on one core and on three, with the same bits.
func TestSeq2SeqGradientsOfPyTorch(t *testing.T) {
	floats := goldenFloats(t, "testdata/seq2seq/gradients")
	var first *TrainableSeq2Seq
	for _, members := range []int{1, 3} {
		w, err := loadSeq2Seq(t).Trainable(nil)
		if err != nil {
			t.Fatal(err)
		}
		team := nn.NewTeam(members)
		read, written, _ := seq2seqBatches()
		scores, tape, err := w.Forward(team, read, written, ForwardOptions{Train: true})
		if err != nil {
			t.Fatal(err)
		}
		if e := distance(scores, floats("scores")) / length(scores); e > 1e-5 {
			t.Errorf("scores are off by %.2g", e)
		}
		w.Backward(team, tape, floats("scores.grad"))
		team.Close()
		for i, p := range w.Params() {
			if first != nil && !slices.Equal(p.Grad, first.Params()[i].Grad) {
				t.Errorf("%s: %d members compute another gradient than one", p.Name, members)
			}
			compareGradient(t, p, floats(p.Name))
		}
		first = w
	}
}

// compareGradient compares with PyTorch's. Those of a key's bias are zero but
// for rounding.
func compareGradient(t *testing.T, p *Param, want []float32) {
	t.Helper()
	if e := distance(p.Grad, want); e > 1e-4*length(want)+1e-5 {
		t.Errorf("%s: the gradient is off by %.2g of %.2g", p.Name, e, length(want))
	}
}

// TestSeq2SeqGradientsWithDropout compares gradients with central differences
// of the loss, with values left out, and with nothing kept of the encoder.
func TestSeq2SeqGradientsWithDropout(t *testing.T) {
	w, err := loadSeq2Seq(t).Trainable(nil)
	if err != nil {
		t.Fatal(err)
	}
	read, written, classes := seq2seqBatches()
	o := ForwardOptions{Train: true, Dropout: 0.2, Seed: 5, Memory: 1}
	loss := func(backward bool) float64 {
		scores, tape, err := w.Forward(nil, read, written, o)
		if err != nil {
			t.Fatal(err)
		}
		n := len(scores) / len(classes)
		total := 0.0
		for i, c := range classes {
			row := scores[i*n : (i+1)*n]
			sum := logSum(row)
			total += sum - float64(row[c])
			for k, v := range row {
				row[k] = float32(math.Exp(float64(v) - sum))
			}
			row[c]--
		}
		if backward {
			w.Backward(nil, tape, scores)
		}
		return total
	}
	loss(true)
	for _, p := range w.Params() {
		if strings.Contains(p.Name, ".bias") && !strings.HasPrefix(p.Name, "decoder.cls") {
			continue // covered by PyTorch's; too small for differences in float32
		}
		at := 0 // the largest of the gradient
		for i, g := range p.Grad {
			if math.Abs(float64(g)) > math.Abs(float64(p.Grad[at])) {
				at = i
			}
		}
		const step = 2e-3
		old := p.Value[at]
		p.Value[at] = old + step
		w.Refresh(nil)
		high := loss(false)
		p.Value[at] = old - step
		w.Refresh(nil)
		want := (high - loss(false)) / (2 * step)
		p.Value[at] = old
		if got := float64(p.Grad[at]); math.Abs(got-want) > 0.02*math.Abs(want)+0.01 {
			t.Errorf("%s[%d]: the gradient is %.4f, differences say %.4f", p.Name, at, got, want)
		}
	}
}

// TestTrainableSeq2SeqIsTheModel writes with a copy, and refuses what does not fit.
func TestTrainableSeq2SeqIsTheModel(t *testing.T) {
	w, err := loadSeq2Seq(t).Trainable(nil)
	if err != nil {
		t.Fatal(err)
	}
	m, err := w.Seq2Seq()
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range readSeq2SeqGolden(t) {
		compareSeq2Seq(t, m, g)
	}
	read, written, _ := seq2seqBatches()
	short := &Batch{}
	short.Add([]int32{1}, []uint8{0})
	if _, _, err := w.Forward(nil, read, short, ForwardOptions{}); err == nil || !strings.Contains(err.Error(), "1 texts to write and 3 to read") {
		t.Errorf("batches of different numbers: %v", err)
	}
	written.IDs[0] = 23
	if _, _, err := w.Forward(nil, read, written, ForwardOptions{}); err == nil || !strings.Contains(err.Error(), "decoder: ") {
		t.Errorf("a token that is none: %v", err)
	}
}
