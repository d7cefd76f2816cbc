package model

import (
	"math"
	"slices"
	"testing"
)

func loadTiny(t *testing.T, c Config, tensors map[string]tensor) *Encoder {
	t.Helper()
	e, err := LoadEncoder(writeTiny(t, c, tensors))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// TestForward compares every activation, on packed texts, with the reference.
func TestForward(t *testing.T) {
	for _, act := range []string{"gelu", "gelu_new", "gelu_pytorch_tanh", "relu"} {
		c := tinyConfig()
		c.HiddenAct = act
		tensors := tinyTensors(c, 7)
		e := loadTiny(t, c, tensors)
		b := tinyTexts(c)
		hidden, err := e.Forward(&Workspace{}, b)
		if err != nil {
			t.Fatal(err)
		}
		want := reference{c, tensors}
		pooled := make([]float32, b.Texts()*c.HiddenSize)
		e.Pool(pooled, hidden, b)
		for i := range b.Texts() {
			first, last := b.Starts[i], b.Starts[i+1]
			rows := want.encode(b.IDs[first:last], b.Types[first:last])
			for j, row := range rows {
				compare(t, act, hidden[(first+j)*c.HiddenSize:], row)
			}
			pooler := want.linear("pooler.dense", rows[:1])[0]
			for j, v := range pooler {
				pooler[j] = math.Tanh(v)
			}
			compare(t, "pooler", pooled[i*c.HiddenSize:], pooler)
		}
	}
}

func compare(t *testing.T, what string, got []float32, want []float64) {
	t.Helper()
	for i, v := range want {
		if math.Abs(float64(got[i])-v) > 2e-5 {
			t.Fatalf("%s: value %d is %g, want %g", what, i, got[i], v)
		}
	}
}

// TestBitsDoNotDependOnTheBatch embeds each text alone, in a batch, in another
// order, and on teams of several goroutines.
func TestBitsDoNotDependOnTheBatch(t *testing.T) {
	c := tinyConfig()
	e := loadTiny(t, c, tinyTensors(c, 3))
	b := tinyTexts(c)
	h := c.HiddenSize
	together, err := e.Forward(&Workspace{}, b)
	if err != nil {
		t.Fatal(err)
	}
	for _, count := range []int{1, 2, 3, 7} {
		w := NewWorkspace(count)
		var reversed Batch
		for i := b.Texts() - 1; i >= 0; i-- {
			first, last := b.Starts[i], b.Starts[i+1]
			reversed.Add(b.IDs[first:last], b.Types[first:last])
			var alone Batch
			alone.Add(b.IDs[first:last], b.Types[first:last])
			if got, err := e.Forward(w, &alone); err != nil || !slices.Equal(got, together[first*h:last*h]) {
				t.Errorf("text %d alone on %d goroutines has other bits than in a batch (%v)", i, count, err)
			}
		}
		got, err := e.Forward(w, &reversed)
		if err != nil {
			t.Fatal(err)
		}
		for i := range b.Texts() {
			j := b.Texts() - 1 - i
			a, z := together[b.Starts[i]*h:b.Starts[i+1]*h], got[reversed.Starts[j]*h:reversed.Starts[j+1]*h]
			if !slices.Equal(a, z) {
				t.Errorf("text %d in the reversed batch on %d goroutines has other bits", i, count)
			}
		}
		w.Close()
	}
}

func TestForwardDoesNotAllocate(t *testing.T) {
	c := tinyConfig()
	c.HiddenSize, c.AttentionHeads, c.IntermediateSize = 64, 4, 128 // whole tiles, as every published model has
	e := loadTiny(t, c, tinyTensors(c, 3))
	b, w := tinyTexts(c), &Workspace{}
	pass := func() {
		if _, err := e.Forward(w, b); err != nil {
			t.Fatal(err)
		}
	}
	pass()
	if n := testing.AllocsPerRun(10, pass); n > 0 {
		t.Errorf("%g allocations a pass", n)
	}
}

func TestForwardRejects(t *testing.T) {
	c := tinyConfig()
	e := loadTiny(t, c, tinyTensors(c, 3))
	for name, b := range map[string]*Batch{
		"an id above the vocabulary":   {IDs: []int32{int32(c.VocabSize)}, Starts: []int{0, 1}},
		"a negative id":                {IDs: []int32{-1}, Starts: []int{0, 1}},
		"a type that does not exist":   {IDs: []int32{1}, Types: []uint8{uint8(c.TypeVocabSize)}, Starts: []int{0, 1}},
		"too few types":                {IDs: []int32{1, 1}, Types: []uint8{0}, Starts: []int{0, 2}},
		"too long a text":              {IDs: make([]int32, c.MaxPositionEmbeddings+1), Starts: []int{0, c.MaxPositionEmbeddings + 1}},
		"an empty text":                {IDs: []int32{1}, Starts: []int{0, 0, 1}},
		"borders beyond the tokens":    {IDs: []int32{1}, Starts: []int{0, 2}},
		"borders that are not in rows": {IDs: []int32{1, 2}, Starts: []int{0, 2, 1, 2}},
		"no borders":                   {},
	} {
		if _, err := e.Forward(&Workspace{}, b); err == nil {
			t.Errorf("no error for %s", name)
		}
	}
}
