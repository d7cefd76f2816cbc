package kernel

import (
	"encoding/binary"
	"math"
)

// Float16 returns v as IEEE 754 binary16, rounded to nearest even. What is
// too large becomes infinity; NaN stays NaN.
func Float16(v float32) uint16 {
	b := math.Float32bits(v)
	sign := uint16(b >> 16 & 0x8000)
	b &= 0x7fffffff
	switch {
	case b > 0x7f800000:
		return sign | 0x7e00 // NaN
	case b >= 0x47800000: // at least 65536
		return sign | 0x7c00
	case b < 0x38800000: // below the smallest normal, 2^-14
		// Adding 0.5 moves the unit of the last place to 2^-24, the step
		// of binary16 denormals, so the addition does the rounding.
		f := math.Float32frombits(b) + 0.5
		return sign | uint16(math.Float32bits(f)-0x3f000000)
	}
	b += 0xfff + b>>13&1 // round to nearest even at bit 13
	return sign | uint16((b-0x38000000)>>13)
}

// Float32 returns the value of the IEEE 754 binary16 number h. It is exact.
func Float32(h uint16) float32 {
	sign := uint32(h&0x8000) << 16
	rest := uint32(h & 0x7fff)
	switch {
	case rest >= 0x7c00: // infinity and NaN
		return math.Float32frombits(sign | 0x7f800000 | (rest&0x3ff)<<13)
	case rest < 0x400: // zero and denormals: rest × 2^-24
		return math.Float32frombits(sign | math.Float32bits(float32(rest)*0x1p-24))
	}
	return math.Float32frombits(sign | (rest<<13 + 0x38000000))
}

// DecodeF16 writes the little-endian binary16 numbers of src to dst, which
// holds len(src)/2 values. src need not be aligned.
func DecodeF16(dst []float32, src []byte) {
	dst = dst[:len(src)/2]
	for i := decodeF16(dst, src); i < len(dst); i++ {
		dst[i] = Float32(binary.LittleEndian.Uint16(src[2*i:]))
	}
}

// EncodeF16 writes src to dst as little-endian binary16, rounded to nearest
// even. dst holds 2×len(src) bytes.
func EncodeF16(dst []byte, src []float32) {
	for i, v := range src {
		binary.LittleEndian.PutUint16(dst[2*i:], Float16(v))
	}
}

// DecodeBF16 writes the little-endian bfloat16 numbers of src to dst, which
// holds len(src)/2 values. src need not be aligned.
func DecodeBF16(dst []float32, src []byte) {
	for i := range dst[:len(src)/2] {
		dst[i] = math.Float32frombits(uint32(binary.LittleEndian.Uint16(src[2*i:])) << 16)
	}
}
