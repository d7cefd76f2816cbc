package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// rowsAVX512 is the height of the largest tile: 14 rows by two panels are 28
// accumulators, which leaves registers for the two panels.
const rowsAVX512 = 14

var zmm = []reg.VecPhysical{
	reg.Z0, reg.Z1, reg.Z2, reg.Z3, reg.Z4, reg.Z5, reg.Z6, reg.Z7,
	reg.Z8, reg.Z9, reg.Z10, reg.Z11, reg.Z12, reg.Z13, reg.Z14, reg.Z15,
	reg.Z16, reg.Z17, reg.Z18, reg.Z19, reg.Z20, reg.Z21, reg.Z22, reg.Z23,
	reg.Z24, reg.Z25, reg.Z26, reg.Z27, reg.Z28, reg.Z29, reg.Z30, reg.Z31,
}

// gemmAVX512 writes the tiles of 1 to 14 rows by two panels of float32 and of
// binary16.
func gemmAVX512() {
	for _, size := range []int{4, 2} {
		name := fmt.Sprintf("tileF%dAVX512", 8*size)
		doc := fmt.Sprintf("%s computes 1 to %d rows by two panels.", name, rowsAVX512)
		tiles(name, doc, rowsAVX512, func(rows int) { tileAVX512(rows, size) })
	}
}

// tileAVX512 writes one tile; size is that of a panel's element.
func tileAVX512(rows, size int) {
	loadTile(rows)
	acc := func(r, p int) reg.VecPhysical { return zmm[2*r+p] }
	b0, b1 := zmm[30], zmm[31]
	for r := range rows {
		VPXORD(acc(r, 0), acc(r, 0), acc(r, 0))
		VPXORD(acc(r, 1), acc(r, 1), acc(r, 1))
	}
	loopK(rows, 4, size, func(u int) {
		at := Mem{Base: panelB, Disp: 16 * size * u}
		loadPanel(at, size, b0)
		at.Index, at.Scale = next, 1
		loadPanel(at, size, b1)
		for r := range rows {
			VFMADD231PS_BCST(row(r, u), b0, acc(r, 0))
			VFMADD231PS_BCST(row(r, u), b1, acc(r, 1))
		}
	})
	epilogueAVX512(rows, acc, b0, b1)
}

// loadPanel loads 16 weights as float32.
func loadPanel(m Mem, size int, to reg.VecPhysical) {
	if size == 2 {
		VCVTPH2PS(m, to)
		return
	}
	VMOVUPS(m, to)
}

// epilogueAVX512 adds the bias, then the residual, and stores the tile.
func epilogueAVX512(rows int, acc func(r, p int) reg.VecPhysical, b0, b1 reg.VecPhysical) {
	MOVQ(field(args, "tile", "bias"), extra)
	TESTQ(extra, extra)
	JZ(LabelRef(fmt.Sprintf("residual%d", rows)))
	VMOVUPS(Mem{Base: extra}, b0)
	VMOVUPS(Mem{Base: extra, Disp: 64}, b1)
	for r := range rows {
		VADDPS(b0, acc(r, 0), acc(r, 0))
		VADDPS(b1, acc(r, 1), acc(r, 1))
	}
	Label(fmt.Sprintf("residual%d", rows))
	MOVQ(field(args, "tile", "residual"), extra)
	TESTQ(extra, extra)
	JZ(LabelRef(fmt.Sprintf("store%d", rows)))
	for r := range rows {
		VADDPS(Mem{Base: extra}, acc(r, 0), acc(r, 0))
		VADDPS(Mem{Base: extra, Disp: 64}, acc(r, 1), acc(r, 1))
		if r < rows-1 {
			ADDQ(dstStep, extra)
		}
	}
	Label(fmt.Sprintf("store%d", rows))
	storeTile(rows, acc)
}

// storeTile stores the tile.
func storeTile(rows int, acc func(r, p int) reg.VecPhysical) {
	for r := range rows {
		VMOVUPS(acc(r, 0), Mem{Base: dst})
		VMOVUPS(acc(r, 1), Mem{Base: dst, Disp: 64})
		if r < rows-1 {
			ADDQ(dstStep, dst)
		}
	}
}
