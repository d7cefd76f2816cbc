package embed

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/bertsearch/bertsearch/internal/kernel"
	"github.com/bertsearch/bertsearch/model"
)

// settle is Settle of a model that must not fail.
func settle(t *testing.T, b *BERT) *BERT {
	t.Helper()
	s, err := b.Settle(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// wanted is what auto has to be for a model that int8 suits.
func wanted() Precision {
	if kernel.Int8Pays() {
		return Int8
	}
	return F32
}

// TestDefaultPassesTheTest is what lets Default choose int8 without a test.
func TestDefaultPassesTheTest(t *testing.T) {
	ok, err := alike(context.Background(), open(t, &Options{Precision: F32}), open(t, &Options{Precision: Int8}))
	if err != nil || !ok {
		t.Errorf("the built-in model's vectors in int8 are too far from those in f32 (%v)", err)
	}
	if got := open(t, nil).Precision(); got != wanted() {
		t.Errorf("auto is %s, want %s", got, wanted())
	}
}

func TestSettle(t *testing.T) {
	b := open(t, &Options{Precision: F32})
	if got := settle(t, b); got != b {
		t.Error("a precision that was asked for was changed")
	}
	dir := filepath.Join(t.TempDir(), "saved")
	if err := b.Save(dir); err != nil {
		t.Fatal(err)
	}
	loaded, err := Load(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := settle(t, loaded).Precision(); got != wanted() {
		t.Errorf("auto of a folder is %s, want %s", got, wanted())
	}
}

// TestSettleRefuses gives a model weights so large in one column of a matrix that
// a byte has no room for the others, while its feature is as small.
func TestSettleRefuses(t *testing.T) {
	b := open(t, nil)
	s := *b.Model()
	e := *s.Encoder
	e.Layers = append([]model.Layer(nil), e.Layers...)
	for i := range e.Layers {
		l := &e.Layers[i]
		l.Intermediate.Weight = widen(l.Intermediate.Weight)
		l.AttentionNorm.Gamma, l.AttentionNorm.Beta = narrow(l.AttentionNorm.Gamma), narrow(l.AttentionNorm.Beta)
	}
	s.Encoder = &e
	odd, err := b.With(&s)
	if err != nil {
		t.Fatal(err)
	}
	if got := settle(t, odd).Precision(); got != F32 {
		t.Errorf("a model that bytes do not suit was settled in %s", got)
	}
}

// widen is w with a large column, as PackF32 packs it.
func widen(w *kernel.Packed) *kernel.Packed {
	n, k := w.Rows(), w.Columns()
	rows := make([]float32, n*k)
	for i := range n {
		w.Row(rows[i*k:(i+1)*k], i)
		rows[i*k+7] *= 1000
	}
	return kernel.PackF32(rows, n, k)
}

// narrow is x with what widen's column is multiplied with made small.
func narrow(x []float32) []float32 {
	x = append([]float32(nil), x...)
	x[7] /= 1000
	return x
}

func TestAt(t *testing.T) {
	f32, int8 := open(t, &Options{Precision: F32}), open(t, &Options{Precision: Int8})
	auto := open(t, nil)
	for _, want := range []*BERT{f32, int8} {
		got, ok := auto.At(want.Fingerprint())
		if !ok || got.Precision() != want.Precision() || got.Fingerprint() != want.Fingerprint() {
			t.Errorf("auto does not become %s", want.Precision())
		}
	}
	if _, ok := f32.At(int8.Fingerprint()); ok {
		t.Error("f32 that was asked for became int8")
	}
	if _, ok := auto.At("another model's"); ok {
		t.Error("a model became another")
	}
}
