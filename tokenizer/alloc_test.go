//go:build !race

package tokenizer

import "testing"

// The race detector makes sync.Pool forget at random, so allocations are counted without it.
func TestNoAllocation(t *testing.T) {
	tok := tiny(t)
	text := "The keys rotate; naïve 東京 한국, [MASK] again and again over bytes."
	var e Encoding
	tok.EncodePair(&e, text, text, 20)
	if n := testing.AllocsPerRun(100, func() { tok.Encode(&e, text, 0); tok.EncodePair(&e, text, text, 20) }); n >= 1 {
		t.Errorf("%.1f allocations a run", n)
	}
}
