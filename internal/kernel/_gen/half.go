package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// half writes the conversions of binary16.
func half() {
	TEXT("decodeF16AVX2", NOSPLIT, "func(dst *float32, src *byte, n int)")
	Doc("decodeF16AVX2 converts n numbers; n is a positive multiple of 8.")
	Pragma("noescape")
	dst, src, n := reg.RDI, reg.RSI, reg.RCX
	Load(Param("dst"), dst)
	Load(Param("src"), src)
	Load(Param("n"), n)
	Label("loop")
	VCVTPH2PS(Mem{Base: src}, reg.Y0)
	VMOVUPS(reg.Y0, Mem{Base: dst})
	ADDQ(Imm(16), src)
	ADDQ(Imm(32), dst)
	SUBQ(Imm(8), n)
	JNZ(LabelRef("loop"))
	VZEROUPPER()
	RET()
}
