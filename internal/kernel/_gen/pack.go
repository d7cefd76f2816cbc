package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

// packing writes what brings keys and values into panels. 256-bit shuffles
// are as fast as 512-bit ones on the chips with both, so one version serves.
func packing() {
	transposeEight()
	copyPanel()
}

// transposeEight writes transpose8AVX2(dst, x, stride, n).
func transposeEight() {
	TEXT("transpose8AVX2", NOSPLIT, "func(dst, x *float32, stride, n int)")
	Doc("transpose8AVX2 writes 8 rows of n elements, stride bytes apart, as n rows of 8,",
		"64 bytes apart. n is a positive multiple of 8.")
	Pragma("noescape")
	Load(Param("dst"), dst)
	Load(Param("x"), x0)
	Load(Param("stride"), stride)
	Load(Param("n"), count)
	LEAQ(Mem{Base: stride, Index: stride, Scale: 2}, stride3)
	LEAQ(Mem{Base: stride, Index: stride, Scale: 4}, stride5)
	LEAQ(Mem{Base: stride3, Index: stride, Scale: 4}, x7)
	ADDQ(x0, x7)
	Label("loop")
	for r := range 8 {
		VMOVUPS(row(r, 0), ymm[r])
	}
	transposeSquare()
	for r := range 4 {
		VPERM2F128(Imm(0x20), ymm[r+4], ymm[r], ymm[8])
		VPERM2F128(Imm(0x31), ymm[r+4], ymm[r], ymm[9])
		VMOVUPS(ymm[8], Mem{Base: dst, Disp: 64 * r})
		VMOVUPS(ymm[9], Mem{Base: dst, Disp: 64 * (r + 4)})
	}
	ADDQ(Imm(32), x0)
	ADDQ(Imm(32), x7)
	ADDQ(U32(512), dst)
	SUBQ(Imm(8), count)
	JNZ(LabelRef("loop"))
	VZEROUPPER()
	RET()
}

// transposeSquare transposes the two halves of registers 0 to 7, each half a
// square of 4×4 with its neighbour: pairs of rows, then fours. Exchanging the
// halves of registers r and r+4 is left to the caller.
func transposeSquare() {
	for r := 0; r < 8; r += 2 {
		VUNPCKLPS(ymm[r+1], ymm[r], ymm[8+r])
		VUNPCKHPS(ymm[r+1], ymm[r], ymm[9+r])
	}
	for r := 0; r < 8; r += 4 {
		VUNPCKLPD(ymm[10+r], ymm[8+r], ymm[r])
		VUNPCKHPD(ymm[10+r], ymm[8+r], ymm[r+1])
		VUNPCKLPD(ymm[11+r], ymm[9+r], ymm[r+2])
		VUNPCKHPD(ymm[11+r], ymm[9+r], ymm[r+3])
	}
}

// copyPanel writes copy16AVX2(dst, x, stride, rows).
func copyPanel() {
	TEXT("copy16AVX2", NOSPLIT, "func(dst, x *float32, stride, rows int)")
	Doc("copy16AVX2 copies 16 elements of each row, stride bytes apart, to dst one after",
		"the other. There is at least one row.")
	Pragma("noescape")
	Load(Param("dst"), dst)
	Load(Param("x"), x0)
	Load(Param("stride"), stride)
	Load(Param("rows"), count)
	Label("loop")
	VMOVUPS(Mem{Base: x0}, ymm[0])
	VMOVUPS(Mem{Base: x0, Disp: 32}, ymm[1])
	VMOVUPS(ymm[0], Mem{Base: dst})
	VMOVUPS(ymm[1], Mem{Base: dst, Disp: 32})
	ADDQ(stride, x0)
	ADDQ(Imm(64), dst)
	DECQ(count)
	JNZ(LabelRef("loop"))
	VZEROUPPER()
	RET()
}
