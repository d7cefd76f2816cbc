package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// rowsAVX2 is the height of the largest tile: 6 rows by one panel are 12
// accumulators of 8, which leaves four registers for a panel and a broadcast.
const rowsAVX2 = 6

var ymm = []reg.VecPhysical{
	reg.Y0, reg.Y1, reg.Y2, reg.Y3, reg.Y4, reg.Y5, reg.Y6, reg.Y7,
	reg.Y8, reg.Y9, reg.Y10, reg.Y11, reg.Y12, reg.Y13, reg.Y14, reg.Y15,
}

// gemmAVX2 writes the tiles of 1 to 6 rows by one panel of float32 and of
// binary16.
func gemmAVX2() {
	for _, size := range []int{4, 2} {
		name := fmt.Sprintf("tileF%dAVX2", 8*size)
		doc := fmt.Sprintf("%s computes 1 to %d rows by one panel.", name, rowsAVX2)
		tiles(name, doc, rowsAVX2, func(rows int) { tileAVX2(rows, size) })
	}
}

// tileAVX2 writes one tile; size is that of a panel's element.
func tileAVX2(rows, size int) {
	loadTile(rows)
	acc := func(r, p int) reg.VecPhysical { return ymm[2*r+p] }
	b0, b1 := ymm[12], ymm[13]
	for r := range rows {
		VXORPS(acc(r, 0), acc(r, 0), acc(r, 0))
		VXORPS(acc(r, 1), acc(r, 1), acc(r, 1))
	}
	loopK(rows, 4, size, func(u int) {
		loadPanel(Mem{Base: panelB, Disp: 16 * size * u}, size, b0)
		loadPanel(Mem{Base: panelB, Disp: 16*size*u + 8*size}, size, b1)
		for r := range rows {
			v := ymm[14+r%2]
			VBROADCASTSS(row(r, u), v)
			VFMADD231PS(b0, v, acc(r, 0))
			VFMADD231PS(b1, v, acc(r, 1))
		}
	})
	epilogueAVX2(rows, acc, b0, b1)
}

// epilogueAVX2 adds the bias, then the residual, and stores the tile.
func epilogueAVX2(rows int, acc func(r, p int) reg.VecPhysical, b0, b1 reg.VecPhysical) {
	MOVQ(field(args, "tile", "bias"), extra)
	TESTQ(extra, extra)
	JZ(LabelRef(fmt.Sprintf("residual%d", rows)))
	VMOVUPS(Mem{Base: extra}, b0)
	VMOVUPS(Mem{Base: extra, Disp: 32}, b1)
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
		VADDPS(Mem{Base: extra, Disp: 32}, acc(r, 1), acc(r, 1))
		if r < rows-1 {
			ADDQ(dstStep, extra)
		}
	}
	Label(fmt.Sprintf("store%d", rows))
	for r := range rows {
		VMOVUPS(acc(r, 0), Mem{Base: dst})
		VMOVUPS(acc(r, 1), Mem{Base: dst, Disp: 32})
		if r < rows-1 {
			ADDQ(dstStep, dst)
		}
	}
}
