package main

import (
	"fmt"
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// vector is an instruction set seen as operations on vectors of float32, so
// that elementwise kernels are written once.
type vector struct {
	name  string
	lanes int
	reg   []reg.VecPhysical
}

var (
	avx2   = vector{"AVX2", 8, ymm}
	avx512 = vector{"AVX512", 16, zmm}
	both   = []vector{avx512, avx2}
)

// tailMask is the register that holds the mask of a row's last elements:
// K1, or on AVX2, which has no mask registers, the last vector.
func (v vector) tailMask() reg.Register {
	if v.lanes == 16 {
		return reg.K1
	}
	return v.reg[15]
}

// setTailMask makes the mask of the first rest elements of a vector. rest is
// less than the number of lanes; scratch is overwritten.
func (v vector) setTailMask(rest, scratch reg.GPPhysical) {
	if v.lanes == 16 {
		MOVQ(I32(-1), scratch)
		SHLXQ(rest, scratch, scratch)
		NOTQ(scratch)
		KMOVW(scratch.As32(), reg.K1)
		return
	}
	LEAQ(tailMasks().Offset(4*8), scratch)
	SHLQ(Imm(2), rest)
	SUBQ(rest, scratch)
	VMOVUPS(Mem{Base: scratch}, v.reg[15])
}

var tailMaskData Mem

// tailMasks returns a table of eight words of ones and eight of zeros.
func tailMasks() Mem {
	if tailMaskData.Symbol.Name == "" {
		tailMaskData = GLOBL("tailMasks", 8|16)
		for i := range 8 {
			DATA(4*i, I32(-1))
		}
		for i := range 8 {
			DATA(32+4*i, I32(0))
		}
	}
	return tailMaskData
}

// load loads a vector; with tail only its first elements, the others are zero.
func (v vector) load(m Mem, to reg.VecPhysical, tail bool) {
	switch {
	case !tail:
		VMOVUPS(m, to)
	case v.lanes == 16:
		VMOVUPS_Z(m, reg.K1, to)
	default:
		VMASKMOVPS(m, v.tailMask(), to)
	}
}

// store stores a vector; with tail only its first elements.
func (v vector) store(from reg.VecPhysical, m Mem, tail bool) {
	switch {
	case !tail:
		VMOVUPS(from, m)
	case v.lanes == 16:
		VMOVUPS(from, reg.K1, m)
	default:
		VMASKMOVPS(from, v.tailMask(), m)
	}
}

// keep sets the elements of x beyond the tail to zero.
func (v vector) keep(x reg.VecPhysical) {
	if v.lanes == 16 {
		VMOVAPS_Z(x, reg.K1, x)
		return
	}
	VANDPS(x, v.tailMask(), x)
}

// zero clears a vector.
func (v vector) zero(x reg.VecPhysical) { VXORPS(x.AsX(), x.AsX(), x.AsX()) }

// round rounds to the nearest whole number.
func (v vector) round(from, to reg.VecPhysical) {
	if v.lanes == 16 {
		VRNDSCALEPS(Imm(0), from, to)
		return
	}
	VROUNDPS(Imm(0), from, to)
}

// constant fills a vector with c.
func (v vector) constant(c float64, to reg.VecPhysical) {
	VBROADCASTSS(number(c), to)
}

var numbers = map[uint32]Mem{}

// number returns the address of a constant of the file.
func number(c float64) Mem {
	bits := math.Float32bits(float32(c))
	if _, ok := numbers[bits]; !ok {
		numbers[bits] = ConstData(fmt.Sprintf("f32_%08x", bits), U32(bits))
	}
	return numbers[bits]
}

// fold reduces x to one element, in its low lane, with op; y is overwritten.
// The order is fixed: halves first.
func (v vector) fold(op func(ops ...Op), x, y reg.VecPhysical) {
	if v.lanes == 16 {
		VEXTRACTF64X4(Imm(1), x, y.AsY())
		op(y.AsY(), x.AsY(), x.AsY())
	}
	VEXTRACTF128(Imm(1), x.AsY(), y.AsX())
	op(y.AsX(), x.AsX(), x.AsX())
	VPERMILPS(Imm(0x4e), x.AsX(), y.AsX())
	op(y.AsX(), x.AsX(), x.AsX())
	VPERMILPS(Imm(0xb1), x.AsX(), y.AsX())
	op(y.AsX(), x.AsX(), x.AsX())
}

// each walks n elements: body(false) for each whole vector, then body(true)
// for what is left, under the tail mask. Afterwards ptrs stand behind the last
// whole vector. left and scratch are overwritten.
func (v vector) each(label string, n, left, scratch reg.GPPhysical, ptrs []reg.GPPhysical, body func(tail bool)) {
	name := func(s string) string { return label + s }
	MOVQ(n, left)
	SUBQ(Imm(uint64(v.lanes)), left)
	JL(LabelRef(name("Tail")))
	Label(name("Loop"))
	body(false)
	for _, p := range ptrs {
		ADDQ(Imm(uint64(4*v.lanes)), p)
	}
	SUBQ(Imm(uint64(v.lanes)), left)
	JGE(LabelRef(name("Loop")))
	Label(name("Tail"))
	ADDQ(Imm(uint64(v.lanes)), left)
	JZ(LabelRef(name("Done")))
	v.setTailMask(left, scratch)
	body(true)
	Label(name("Done"))
}

// chebyshev returns the coefficients, constant term first, of the polynomial
// of the given degree that equals f at the Chebyshev nodes of [-1, 1]·radius
// around centre, as a polynomial in (x-centre). It is within a small factor of
// the best approximation.
func chebyshev(f func(float64) float64, centre, radius float64, degree int) []float64 {
	n := degree + 1
	// Newton's divided differences at the nodes, then expanded.
	x, d := make([]float64, n), make([]float64, n)
	for i := range n {
		x[i] = radius * math.Cos(math.Pi*(float64(i)+0.5)/float64(n))
		d[i] = f(centre + x[i])
	}
	for j := 1; j < n; j++ {
		for i := n - 1; i >= j; i-- {
			d[i] = (d[i] - d[i-1]) / (x[i] - x[i-j])
		}
	}
	c := make([]float64, n)
	for i := n - 1; i >= 0; i-- {
		for j := n - 1; j > 0; j-- {
			c[j] = c[j-1] - x[i]*c[j]
		}
		c[0] = d[i] - x[i]*c[0]
	}
	return c
}
