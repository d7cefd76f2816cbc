package kernel

import (
	"math"
	"testing"
)

// TestFloat16RoundTrip checks every binary16 number, and the rounding of the
// numbers half way to its neighbour and just beside.
func TestFloat16RoundTrip(t *testing.T) {
	for i := range 1 << 16 {
		h := uint16(i)
		v := Float32(h)
		if v != v {
			if got := Float32(Float16(v)); got == got {
				t.Fatalf("NaN %#x became %v", h, got)
			}
			continue
		}
		if got := Float16(v); got != h {
			t.Fatalf("%#x is %v, which became %#x", h, v, got)
		}
		if h&0x7fff >= 0x7bff { // no finite neighbour above
			continue
		}
		up := h + 1
		half := float32((float64(v) + float64(Float32(up))) / 2)
		if got, want := Float16(half), h+h&1; got != want {
			t.Fatalf("half way between %#x and %#x became %#x, want the even one", h, up, got)
		}
		away := math.Float32frombits(math.Float32bits(half) + 1)
		if got := Float16(away); got != up {
			t.Fatalf("just above half way between %#x and %#x became %#x", h, up, got)
		}
		near := math.Float32frombits(math.Float32bits(half) - 1)
		if got := Float16(near); got != h {
			t.Fatalf("just below half way between %#x and %#x became %#x", h, up, got)
		}
	}
}

func TestFloat16Overflow(t *testing.T) {
	for _, c := range []struct {
		v    float32
		want uint16
	}{
		{65504, 0x7bff}, {65519, 0x7bff}, {65520, 0x7c00}, {1e30, 0x7c00}, {-1e30, 0xfc00},
		{float32(math.Inf(1)), 0x7c00}, {1e-30, 0}, {-1e-30, 0x8000},
	} {
		if got := Float16(c.v); got != c.want {
			t.Errorf("Float16(%v) = %#x, want %#x", c.v, got, c.want)
		}
	}
}

func TestDecodeUnaligned(t *testing.T) {
	want := random(source(), 100)
	data := make([]byte, 1+2*len(want))
	EncodeF16(data[1:], want)
	got := make([]float32, len(want))
	DecodeF16(got, data[1:])
	for i := range got {
		if got[i] != Float32(Float16(want[i])) {
			t.Fatalf("element %d: %v, want %v", i, got[i], want[i])
		}
	}
	DecodeBF16(got[:2], []byte{0x80, 0x3f, 0x00, 0xc0})
	if got[0] != 1 || got[1] != -2 {
		t.Errorf("bfloat16 1, -2 became %v", got[:2])
	}
}
