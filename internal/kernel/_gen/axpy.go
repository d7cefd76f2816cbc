package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// axpy writes axpy(dst, x, n, a): dst += a·x. Memory is what limits it, so
// 256-bit vectors do.
func axpy() {
	v := avx2
	TEXT("axpyAVX2", NOSPLIT, "func(dst, x *float32, n int, a float32)")
	Doc("axpyAVX2 adds a·x to n elements of dst.")
	Pragma("noescape")
	to, from, n, left, scratch := reg.RDI, reg.RSI, reg.RBX, reg.RCX, reg.RDX
	Load(Param("dst"), to)
	Load(Param("x"), from)
	Load(Param("n"), n)
	VBROADCASTSS(NewParamAddr("a", 24), ymm[0])
	v.each("x", n, left, scratch, []reg.GPPhysical{to, from}, func(tail bool) {
		v.load(Mem{Base: from}, ymm[1], tail)
		v.load(Mem{Base: to}, ymm[2], tail)
		VFMADD231PS(ymm[0], ymm[1], ymm[2])
		v.store(ymm[2], Mem{Base: to}, tail)
	})
	VZEROUPPER()
	RET()
}
