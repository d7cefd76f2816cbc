package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// transposing writes transposeAVX2(dst, x, rows, columns, dstStride, xStride),
// square by square of 8×8. Squares go down the columns of x, so that dst is
// written along its rows, whole cache lines at a time.
func transposing() {
	TEXT("transposeAVX2", NOSPLIT, "func(dst, x *float32, rows, columns, dstStride, xStride int)")
	Doc("transposeAVX2 writes the transpose of x, rows×columns, to dst. rows and columns are",
		"positive multiples of 8, strides are in bytes.")
	Pragma("noescape")
	to, rows, columns := reg.R9, reg.R10, reg.R15
	toStep, to3, to7 := reg.R12, reg.R13, x7 // x7 is free once a square is loaded
	from, left := reg.RDI, reg.RDX
	Load(Param("dst"), to)
	Load(Param("x"), from)
	Load(Param("rows"), rows)
	Load(Param("columns"), columns)
	Load(Param("dstStride"), toStep)
	Load(Param("xStride"), stride)
	LEAQ(Mem{Base: stride, Index: stride, Scale: 2}, stride3)
	LEAQ(Mem{Base: stride, Index: stride, Scale: 4}, stride5)
	LEAQ(Mem{Base: toStep, Index: toStep, Scale: 2}, to3)
	Label("column")
	MOVQ(from, x0)
	MOVQ(to, dst)
	MOVQ(rows, left)
	Label("row")
	LEAQ(Mem{Base: stride3, Index: stride, Scale: 4}, x7)
	ADDQ(x0, x7)
	for r := range 8 {
		VMOVUPS(row(r, 0), ymm[r])
	}
	transposeSquare()
	LEAQ(Mem{Base: dst, Index: toStep, Scale: 4}, to7)
	out := func(r int) Mem {
		m := Mem{Base: dst}
		if r >= 4 {
			m.Base = to7
			r -= 4
		}
		switch r {
		case 1, 2:
			m.Index, m.Scale = toStep, uint8(r)
		case 3:
			m.Index, m.Scale = to3, 1
		}
		return m
	}
	for r := range 4 {
		VPERM2F128(Imm(0x20), ymm[r+4], ymm[r], ymm[8])
		VPERM2F128(Imm(0x31), ymm[r+4], ymm[r], ymm[9])
		VMOVUPS(ymm[8], out(r))
		VMOVUPS(ymm[9], out(r+4))
	}
	LEAQ(Mem{Base: x0, Index: stride, Scale: 8}, x0)
	ADDQ(Imm(32), dst)
	SUBQ(Imm(8), left)
	JNZ(LabelRef("row"))
	ADDQ(Imm(32), from)
	LEAQ(Mem{Base: to, Index: toStep, Scale: 8}, to)
	SUBQ(Imm(8), columns)
	JNZ(LabelRef("column"))
	VZEROUPPER()
	RET()
}
