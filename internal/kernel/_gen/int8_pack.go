package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// packInt8 writes the rounding of a panel of weights to bytes, for elements of
// size bytes.
func packInt8(size int) {
	name := fmt.Sprintf("packInt8F%dAVX512", 8*size)
	TEXT(name, NOSPLIT, "func(dst, src *byte, groups int, scale, sum *float32)")
	Doc(name+" rounds a panel of 4·groups columns, at least one group, to bytes in",
		"fours, and writes the scale and the sum of each of its 16 rows. A row whose",
		"elements are all below 1e-30 has a scale of zero.")
	Pragma("noescape")
	to, from, groups, at, left, out := reg.RDI, reg.RSI, reg.RBX, reg.RAX, reg.RCX, reg.RDX
	Load(Param("dst"), to)
	Load(Param("src"), from)
	Load(Param("groups"), groups)
	w := zmm[0:4]
	most, inverse, sum, least, sign, limit := zmm[4], zmm[5], zmm[6], zmm[7], zmm[8], zmm[9]
	VPBROADCASTD(signless(), sign)
	VBROADCASTSS(number(1e-30), least)
	VBROADCASTSS(number(127), limit)
	VPXORD(most, most, most)
	VPXORD(sum, sum, sum)
	loop := func(label string, body func()) {
		MOVQ(from, at)
		MOVQ(groups, left)
		Label(label)
		for i, x := range w {
			loadPanel(Mem{Base: at, Disp: 16 * size * i}, size, x)
		}
		body()
		ADDQ(U32(64*size), at)
		DECQ(left)
		JNZ(LabelRef(label))
	}
	loop("most", func() {
		for _, x := range w {
			VPANDD(sign, x, x)
			VMAXPS(x, most, most)
		}
	})
	VCMPPS(Imm(13), least, most, reg.K1) // most ≥ least
	VDIVPS(most, limit, inverse)
	VMOVAPS_Z(inverse, reg.K1, inverse)
	VDIVPS(limit, most, most)
	VMOVAPS_Z(most, reg.K1, most)
	Load(Param("scale"), out)
	VMOVUPS(most, Mem{Base: out})
	loop("bytes", func() {
		for i, x := range w {
			VMULPS(inverse, x, x)
			VCVTPS2DQ(x, x)
			VPADDD(x, sum, sum)
			VPSLLD(Imm(24), x, x)
			if i < 3 {
				VPSRLD(Imm(uint64(24-8*i)), x, x)
			}
			if i > 0 {
				VPORD(x, w[0], w[0])
			}
		}
		VMOVUPS(w[0], Mem{Base: to})
		ADDQ(Imm(64), to)
	})
	VCVTDQ2PS(sum, sum)
	Load(Param("sum"), out)
	VMOVUPS(sum, Mem{Base: out})
	VZEROUPPER()
	RET()
}
