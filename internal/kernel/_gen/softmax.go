package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// exponential holds the registers that 2^x needs.
type exponential struct {
	vector
	least reg.VecPhysical   // the smallest exponent
	c     []reg.VecPhysical // coefficients, constant term first
	bias  reg.VecPhysical   // AVX2: the bits of 1, to build powers of two
	p     reg.VecPhysical   // scratch
}

// exp2Degree is the degree of the polynomial for 2^f, |f| ≤ 1/2, whose
// relative error is 8e-8.
const exp2Degree = 5

// newExponential loads the constants into registers 1 and 8 to 14, and reserves
// 7.
func newExponential(v vector) exponential {
	const first = 8
	e := exponential{vector: v, bias: v.reg[1], p: v.reg[7], least: v.reg[first]}
	v.constant(-126, e.least)
	for i, c := range chebyshev(math.Exp2, 0, 0.5, exp2Degree) {
		r := v.reg[first+1+i]
		v.constant(c, r)
		e.c = append(e.c, r)
	}
	if v.lanes == 8 {
		VPBROADCASTD(exponentOne(), e.bias)
	}
	return e
}

var exponentData Mem

// exponentOne returns the address of the bits of the float32 1.
func exponentOne() Mem {
	if exponentData.Symbol.Name == "" {
		exponentData = ConstData("exponentOne", U32(0x3f800000))
	}
	return exponentData
}

// exp2 replaces x ≤ 128 by 2^x, ∞ included, and by 0 below -126. a and b are overwritten.
// NaN stays NaN.
func (e exponential) exp2(x, a, b reg.VecPhysical) {
	e.round(x, a)
	if e.lanes == 8 {
		VCMPPS(Imm(1), e.least, x, b) // x < least
		VMAXPS(a, e.least, a)
	} else {
		VCMPPS(Imm(5), e.least, x, reg.K2) // not x < least
	}
	VMAXPS(x, e.least, x)
	VSUBPS(a, x, x)
	e.polynomial(x, a, b)
}

// polynomial finishes exp2: x is the fraction, a the whole part, b or K2 the
// elements to clear or keep.
func (e exponential) polynomial(x, a, b reg.VecPhysical) {
	p := e.p
	VMOVAPS(e.c[exp2Degree], p)
	for i := exp2Degree - 1; i >= 0; i-- {
		VFMADD213PS(e.c[i], x, p)
	}
	if e.lanes == 16 {
		VSCALEFPS_Z(a, p, reg.K2, x)
		return
	}
	VCVTPS2DQ(a, a)
	VPSLLD(Imm(23), a, a)
	VPADDD(e.bias, a, a)
	VMULPS(a, p, x)
	VANDNPS(x, b, x)
}

// softmax writes the row kernels of softmax.
func softmax() {
	for _, v := range both {
		expRow(v)
	}
}

// expRow writes expRow(x, n, scale): x becomes 2^(scale·(x-max)), the sum is
// returned. When the maximum is -∞ x is left alone and the sum is 0.
func expRow(v vector) {
	TEXT("expRow"+v.name, NOSPLIT, "func(x *float32, n int, scale float32) float32")
	Doc("expRow"+v.name+" replaces each x by 2^(scale·(x-max)) and returns the sum, or",
		"returns 0 and leaves x alone when the maximum is -∞. n is not 0.")
	Pragma("noescape")
	base, n, at, left, scratch := reg.RDI, reg.RSI, reg.RAX, reg.RCX, reg.RDX
	Load(Param("x"), base)
	Load(Param("n"), n)
	top, low, sum, scale := v.reg[0], v.reg[1], v.reg[2], v.reg[3]
	x, a, b := v.reg[4], v.reg[5], v.reg[6]

	v.constant(math.Inf(-1), low)
	VMOVAPS(low, top)
	MOVQ(base, at)
	v.each("max", n, left, scratch, []reg.GPPhysical{at}, func(tail bool) {
		v.load(Mem{Base: at}, x, tail)
		if tail {
			v.fill(low, x)
		}
		VMAXPS(x, top, top)
	})
	v.fold(VMAXPS, top, x)
	v.zero(sum)
	VUCOMISS(low.AsX(), top.AsX())
	JP(LabelRef("some")) // NaN
	JE(LabelRef("empty"))
	Label("some")
	VBROADCASTSS(top.AsX(), top)
	VBROADCASTSS(NewParamAddr("scale", 16), scale)
	e := newExponential(v)
	MOVQ(base, at)
	v.each("exp", n, left, scratch, []reg.GPPhysical{at}, func(tail bool) {
		v.load(Mem{Base: at}, x, tail)
		VSUBPS(top, x, x)
		VMULPS(scale, x, x)
		e.exp2(x, a, b)
		if tail {
			v.keep(x)
		}
		v.store(x, Mem{Base: at}, tail)
		VADDPS(x, sum, sum)
	})
	v.fold(VADDPS, sum, x)
	Label("empty")
	Store(sum.AsX(), ReturnIndex(0))
	VZEROUPPER()
	RET()
}

// fill replaces the elements of x beyond the tail by those of other.
func (v vector) fill(other, x reg.VecPhysical) {
	if v.lanes == 16 {
		VBLENDMPS(x, other, reg.K1, x)
		return
	}
	VBLENDVPS(v.tailMask(), x, other, x)
}
