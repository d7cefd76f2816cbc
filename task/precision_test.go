package task

import (
	"math"
	"testing"

	"github.com/bertsearch/bertsearch/internal/kernel"
)

// TestInt8 compares what models say in int8 and in f32, and finds each by its
// fingerprint.
func TestInt8(t *testing.T) {
	for _, name := range []string{"bert-sequence", "bert-token", "bert-answer", "bert-cross"} {
		exact := open(t, name)
		rounded := exact.Int8()
		want, err := exact.probe(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		got, err := rounded.probe(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		far, same := 0.0, true
		for i := range want {
			far, same = max(far, math.Abs(got[i]-want[i])), same && got[i] == want[i]
		}
		if same || far > 0.2*spread(want) {
			t.Errorf("%s: scores in int8 are at most %g away, and spread by %g", name, far, spread(want))
		}
		if exact.Fingerprint() == rounded.Fingerprint() {
			t.Errorf("%s: one fingerprint for both", name)
		}
		for _, m := range []*Model{exact, rounded} {
			found, ok := rounded.At(m.Fingerprint())
			if !ok || found.Fingerprint() != m.Fingerprint() || (found.model == found.exact) != (m == exact) {
				t.Errorf("%s: found %v by its fingerprint", name, ok)
			}
		}
		if _, ok := exact.At("x"); ok {
			t.Errorf("%s: found by the fingerprint of another", name)
		}
	}
}

// TestSettle takes int8 where that is fast and near enough, and else f32.
func TestSettle(t *testing.T) {
	m := open(t, "bert-cross")
	settled, err := m.Int8().Settle(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want, _ := m.probe(t.Context())
	got, _ := m.Int8().probe(t.Context())
	near := 0.0
	for i := range want {
		near += (got[i] - want[i]) * (got[i] - want[i])
	}
	rounds := kernel.Int8Pays() && math.Sqrt(near) <= mostError*spread(want)
	if is := settled.model != settled.exact; is != rounds {
		t.Errorf("int8 is chosen: %v, want %v", is, rounds)
	}
	t.Logf("distance %g of %g", math.Sqrt(near), spread(want))
	if masked, err := open(t, "bert-masked").Settle(t.Context()); err != nil || masked.model != masked.exact {
		t.Errorf("masked words: %v", err)
	}
}
