package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// layerNorm writes the row kernels of layer normalisation.
func layerNorm() {
	for _, v := range both {
		layerNormRows(v)
	}
}

// layerNormRows writes layerNorm(dst, x, gamma, beta, n, rows, eps).
func layerNormRows(v vector) {
	TEXT("layerNorm"+v.name, NOSPLIT, "func(dst, x, gamma, beta *float32, n, rows int, eps float32)")
	Doc("layerNorm"+v.name+" normalises rows of n elements. There is at least one row and",
		"one element.")
	Pragma("noescape")
	dst, from, n, rows := reg.RDI, reg.RSI, reg.RBX, reg.R8
	at, left, scratch, gamma, beta := reg.RAX, reg.RCX, reg.RDX, reg.R9, reg.R10
	Load(Param("dst"), dst)
	Load(Param("x"), from)
	Load(Param("n"), n)
	Load(Param("rows"), rows)
	Load(Param("gamma"), gamma)
	Load(Param("beta"), beta)
	element := func(base reg.Register) Mem { return Mem{Base: base, Index: at, Scale: 1} }
	x, sum, mean, square, inverse := v.reg[0], v.reg[1], v.reg[2], v.reg[3], v.reg[4]
	count, eps := v.reg[5], v.reg[6]
	VCVTSI2SSQ(n, count.AsX(), count.AsX())
	VMOVSS(NewParamAddr("eps", 48), eps.AsX())

	Label("row")
	v.zero(sum)
	XORQ(at, at)
	v.each("sum", n, left, scratch, []reg.GPPhysical{at}, func(tail bool) {
		v.load(element(from), x, tail)
		VADDPS(x, sum, sum)
	})
	v.fold(VADDPS, sum, x)
	VDIVSS(count.AsX(), sum.AsX(), mean.AsX())
	VBROADCASTSS(mean.AsX(), mean)

	v.zero(square)
	XORQ(at, at)
	v.each("square", n, left, scratch, []reg.GPPhysical{at}, func(tail bool) {
		v.load(element(from), x, tail)
		VSUBPS(mean, x, x)
		if tail {
			v.keep(x)
		}
		VFMADD231PS(x, x, square)
	})
	v.fold(VADDPS, square, x)
	VDIVSS(count.AsX(), square.AsX(), square.AsX())
	VADDSS(eps.AsX(), square.AsX(), square.AsX())
	VSQRTSS(square.AsX(), square.AsX(), square.AsX())
	VMOVSS(number(1), inverse.AsX())
	VDIVSS(square.AsX(), inverse.AsX(), inverse.AsX())
	VBROADCASTSS(inverse.AsX(), inverse)

	XORQ(at, at)
	g, b := v.reg[7], v.reg[8]
	v.each("scale", n, left, scratch, []reg.GPPhysical{at}, func(tail bool) {
		v.load(element(from), x, tail)
		v.load(element(gamma), g, tail)
		v.load(element(beta), b, tail)
		VSUBPS(mean, x, x)
		VMULPS(inverse, x, x)
		VFMADD213PS(b, g, x)
		v.store(x, element(dst), tail)
	})
	LEAQ(Mem{Base: from, Index: n, Scale: 4}, from)
	LEAQ(Mem{Base: dst, Index: n, Scale: 4}, dst)
	DECQ(rows)
	JNZ(LabelRef("row"))
	VZEROUPPER()
	RET()
}
