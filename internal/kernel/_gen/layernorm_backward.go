package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// layerNormBackward writes layerNormBackward(dx, dgamma, dbeta, dy, x, gamma,
// n, eps) for one row of n elements.
func layerNormBackward() {
	for _, v := range both {
		layerNormBackwardRow(v)
	}
}

func layerNormBackwardRow(v vector) {
	name := "layerNormBackward" + v.name
	TEXT(name, NOSPLIT, "func(dx, dgamma, dbeta, dy, x, gamma *float32, n int, eps float32)")
	Doc(name+" is the way back through one row of n elements, at least one. dgamma and",
		"dbeta are nil when they are not wanted.")
	Pragma("noescape")
	dx, dgamma, dbeta, dy, from, gamma := reg.RDI, reg.R9, reg.R10, reg.R8, reg.RSI, reg.R11
	n, at, left, scratch := reg.RBX, reg.RAX, reg.RCX, reg.RDX
	for i, r := range []reg.GPPhysical{dx, dgamma, dbeta, dy, from, gamma, n} {
		Load(Param([]string{"dx", "dgamma", "dbeta", "dy", "x", "gamma", "n"}[i]), r)
	}
	element := func(base reg.Register) Mem { return Mem{Base: base, Index: at, Scale: 1} }
	x, mean, inverse, count, g, y, a, b := v.reg[0], v.reg[1], v.reg[2], v.reg[3], v.reg[4], v.reg[5], v.reg[6], v.reg[7]
	walk := func(label string, body func(tail bool)) {
		XORQ(at, at)
		v.each(label, n, left, scratch, []reg.GPPhysical{at}, body)
	}
	average := func(sum reg.VecPhysical) {
		v.fold(VADDPS, sum, x)
		VDIVSS(count.AsX(), sum.AsX(), sum.AsX())
		VBROADCASTSS(sum.AsX(), sum)
	}
	VCVTSI2SSQ(n, count.AsX(), count.AsX())
	v.zero(mean)
	walk("sum", func(tail bool) {
		v.load(element(from), x, tail)
		VADDPS(x, mean, mean)
	})
	average(mean)
	v.zero(inverse)
	walk("square", func(tail bool) {
		v.load(element(from), x, tail)
		VSUBPS(mean, x, x)
		if tail {
			v.keep(x)
		}
		VFMADD231PS(x, x, inverse)
	})
	average(inverse)
	VADDSS(NewParamAddr("eps", 56), inverse.AsX(), inverse.AsX())
	VSQRTSS(inverse.AsX(), inverse.AsX(), inverse.AsX())
	VMOVSS(number(1), x.AsX())
	VDIVSS(inverse.AsX(), x.AsX(), inverse.AsX())
	VBROADCASTSS(inverse.AsX(), inverse)
	// a is the sum of dy·gamma, b that of its product with the normalised x.
	slope := func(tail bool) {
		v.load(element(from), x, tail)
		v.load(element(dy), y, tail)
		v.load(element(gamma), g, tail)
		VSUBPS(mean, x, x)
		VMULPS(inverse, x, x)
		VMULPS(y, g, g)
	}
	v.zero(a)
	v.zero(b)
	walk("slope", func(tail bool) {
		slope(tail)
		VADDPS(g, a, a)
		VFMADD231PS(x, g, b) // beyond the tail g is zero
	})
	average(a)
	average(b)
	write := func(tail bool) {
		VSUBPS(a, g, g)
		VFNMADD231PS(b, x, g)
		VMULPS(inverse, g, g)
		v.store(g, element(dx), tail)
	}
	TESTQ(dgamma, dgamma)
	JZ(LabelRef("frozen"))
	sum := v.reg[8]
	walk("all", func(tail bool) {
		slope(tail)
		v.load(element(dgamma), sum, tail)
		VFMADD231PS(x, y, sum)
		v.store(sum, element(dgamma), tail)
		v.load(element(dbeta), sum, tail)
		VADDPS(y, sum, sum)
		v.store(sum, element(dbeta), tail)
		write(tail)
	})
	VZEROUPPER()
	RET()
	Label("frozen")
	walk("input", func(tail bool) {
		slope(tail)
		write(tail)
	})
	VZEROUPPER()
	RET()
}
