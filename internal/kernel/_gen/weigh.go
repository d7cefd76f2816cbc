package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// coarseExp2 is the cubic for 2^f, 0 ≤ f < 1, constant term first, that is best
// in relative error, 7.5e-5: a twenty-fifth of what rounding to bfloat16 costs.
var coarseExp2 = []float64{0.9999251961708069, 0.6958335041999817, 0.2260671705007553, 0.07802452146007061}

// weighRows writes weighAVX512(x, n, half, rows, stride, scale, inverse).
func weighRows() {
	v := avx512
	TEXT("weighAVX512", NOSPLIT, "func(x *float32, n, half, rows, stride int, scale float32, inverse *float32)")
	Doc("weighAVX512 replaces rows of n scores, n being 2·half or one less, by half pairs of",
		"bfloat16: 2^(scale·(score-max)) of scores i and i+half. It writes the inverse of",
		"each row's sum. Rows are stride bytes apart and have room for n+1 scores; there is",
		"at least one row and one score.")
	Pragma("noescape")
	base, n, half, rows, stride := reg.RDI, reg.RSI, reg.R8, reg.RBX, reg.R9
	inverse, at, left, scratch := reg.R10, reg.RAX, reg.RCX, reg.RDX
	Load(Param("x"), base)
	Load(Param("n"), n)
	Load(Param("half"), half)
	Load(Param("rows"), rows)
	Load(Param("stride"), stride)
	Load(Param("inverse"), inverse)
	top, a, b, scale, sumA, sumB, low := zmm[0], zmm[1], zmm[2], zmm[3], zmm[4], zmm[5], zmm[6]
	e := newCoarse(v)
	p := newPairs(scratch)
	VBROADCASTSS(NewParamAddr("scale", 40), scale)
	VBROADCASTSS(ConstData("lowest", U32(0xff7fffff)), low)
	Label("row")
	VMOVSS(low.AsX(), Mem{Base: base, Index: n, Scale: 4}) // the partner of an odd score
	VMOVAPS(low, top)
	MOVQ(base, at)
	v.each("max", n, left, scratch, []reg.GPPhysical{at}, func(tail bool) {
		if tail {
			VMAXPS(Mem{Base: at}, top, reg.K1, top)
			return
		}
		VMAXPS(Mem{Base: at}, top, top)
	})
	v.fold(VMAXPS, top, a)
	VMULSS(scale.AsX(), top.AsX(), top.AsX())
	VBROADCASTSS(top.AsX(), top)
	v.zero(sumA)
	v.zero(sumB)
	MOVQ(base, at)
	v.each("pairs", half, left, scratch, []reg.GPPhysical{at}, func(tail bool) {
		v.load(Mem{Base: at}, a, tail)
		v.load(Mem{Base: at, Index: half, Scale: 4}, b, tail)
		e.exp2(a, scale, top)
		e.exp2(b, scale, top)
		if tail {
			v.keep(a)
			v.keep(b)
		}
		VADDPS(a, sumA, sumA)
		VADDPS(b, sumB, sumB)
		p.join(a, b)
		v.store(a, Mem{Base: at}, tail)
	})
	VADDPS(sumB, sumA, sumA)
	v.fold(VADDPS, sumA, a)
	VMOVSS(number(1), a.AsX())
	VDIVSS(sumA.AsX(), a.AsX(), a.AsX())
	VMOVSS(a.AsX(), Mem{Base: inverse})
	ADDQ(Imm(4), inverse)
	ADDQ(stride, base)
	DECQ(rows)
	JNZ(LabelRef("row"))
	VZEROUPPER()
	RET()
}

// coarse holds the registers that a 2^x good enough for bfloat16 needs.
type coarse struct {
	least reg.VecPhysical
	c     []reg.VecPhysical
	f, p  reg.VecPhysical // scratch
}

// newCoarse loads the constants into registers 9 to 13, and reserves 7 and 8.
func newCoarse(v vector) coarse {
	e := coarse{least: zmm[9], f: zmm[7], p: zmm[8]}
	v.constant(-126, e.least)
	for i, c := range coarseExp2 {
		r := zmm[10+i]
		v.constant(c, r)
		e.c = append(e.c, r)
	}
	return e
}

// exp2 replaces x by 2^(scale·x-top), which is at most 1, by 2^-126 where it is
// less. NaN stays NaN.
func (e coarse) exp2(x, scale, top reg.VecPhysical) {
	VFMSUB213PS(top, scale, x)
	VMAXPS(x, e.least, x)
	VREDUCEPS(Imm(1), x, e.f) // what is above the next lower whole number
	VMOVAPS(e.c[3], e.p)
	for i := 2; i >= 0; i-- {
		VFMADD213PS(e.c[i], e.f, e.p)
	}
	VSCALEFPS(x, e.p, x) // by two to the power of that whole number
}
