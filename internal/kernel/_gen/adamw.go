package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// adamW writes adamW(x, g, m, v, n, constants), one step of the optimiser. The
// constants are six float32: β₁, β₂, rate, spread, ε and keep. Memory is what
// limits it, so 256-bit vectors do.
func adamW() {
	v := avx2
	TEXT("adamWAVX2", NOSPLIT, "func(x, grad, m, v *float32, n int, constants *float32)")
	Doc("adamWAVX2 is one step of n elements. constants are the fields of AdamW.")
	Pragma("noescape")
	x, g, first, second := reg.RDI, reg.RSI, reg.R8, reg.R9
	n, left, scratch, constants := reg.RBX, reg.RCX, reg.RDX, reg.RAX
	Load(Param("x"), x)
	Load(Param("grad"), g)
	Load(Param("m"), first)
	Load(Param("v"), second)
	Load(Param("n"), n)
	Load(Param("constants"), constants)
	beta1, beta2, rate, spread, eps, keep := ymm[0], ymm[1], ymm[2], ymm[3], ymm[4], ymm[5]
	for i, r := range []reg.VecPhysical{beta1, beta2, rate, spread, eps, keep} {
		VBROADCASTSS(Mem{Base: constants, Disp: 4 * i}, r)
	}
	rest1, rest2 := ymm[6], ymm[7]
	VBROADCASTSS(number(1), rest2)
	VSUBPS(beta1, rest2, rest1)
	VSUBPS(beta2, rest2, rest2)
	grad, m, s, value := ymm[8], ymm[9], ymm[10], ymm[11]
	v.each("x", n, left, scratch, []reg.GPPhysical{x, g, first, second}, func(tail bool) {
		v.load(Mem{Base: g}, grad, tail)
		v.load(Mem{Base: first}, m, tail)
		v.load(Mem{Base: second}, s, tail)
		VMULPS(beta1, m, m)
		VFMADD231PS(rest1, grad, m)
		VMULPS(grad, grad, grad)
		VMULPS(beta2, s, s)
		VFMADD231PS(rest2, grad, s)
		v.store(m, Mem{Base: first}, tail)
		v.store(s, Mem{Base: second}, tail)
		v.load(Mem{Base: x}, value, tail)
		VMULPS(spread, s, s)
		VSQRTPS(s, s)
		VADDPS(eps, s, s)
		VMULPS(rate, m, m)
		VDIVPS(s, m, m)
		VFMSUB132PS(keep, m, value)
		v.store(value, Mem{Base: x}, tail)
	})
	VZEROUPPER()
	RET()
}
