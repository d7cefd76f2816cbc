package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Registers of a matrix kernel. Rows are addressed from two bases, seven rows
// apart, so that 14 rows need five registers.
var (
	args    = reg.RDI
	x0, x7  = reg.RSI, reg.R8
	stride  = reg.RAX
	stride3 = reg.RBX
	stride5 = reg.RCX
	panelB  = reg.RDX
	next    = reg.R9
	count   = reg.R10
	dst     = reg.R11
	dstStep = reg.R12
	extra   = reg.R13
)

// row returns the address of x[r][k+step] of the tile.
func row(r, step int) Mem {
	m := Mem{Base: x0, Disp: 4 * step}
	if r >= 7 {
		m.Base = x7
		r -= 7
	}
	switch r {
	case 1, 2, 4:
		m.Index, m.Scale = stride, uint8(r)
	case 3, 6:
		m.Index, m.Scale = stride3, uint8(r/3)
	case 5:
		m.Index, m.Scale = stride5, 1
	}
	return m
}

// tiles writes the function name(t, rows), which computes a tile of 1 to most
// rows: body writes the code for one number of rows, with labels ending in
// that number.
func tiles(name, doc string, most int, body func(rows int)) {
	TEXT(name, NOSPLIT, "func(t *byte, rows int)")
	Doc(doc)
	Pragma("noescape")
	Load(Param("t"), args)
	Load(Param("rows"), count)
	for rows := most; rows > 1; rows-- {
		CMPQ(count, Imm(uint64(rows)))
		JE(LabelRef(fmt.Sprintf("rows%d", rows)))
	}
	for rows := 1; rows <= most; rows++ {
		Label(fmt.Sprintf("rows%d", rows))
		body(rows)
		VZEROUPPER()
		RET()
	}
}

// loadTile loads the arguments of a tile of the given number of rows.
func loadTile(rows int) {
	field := func(name string) Mem { return field(args, "tile", name) }
	MOVQ(field("x"), x0)
	MOVQ(field("xStride"), stride)
	MOVQ(field("panel"), panelB)
	MOVQ(field("next"), next)
	MOVQ(field("k"), count)
	MOVQ(field("dst"), dst)
	MOVQ(field("dstStride"), dstStep)
	if rows > 3 {
		LEAQ(Mem{Base: stride, Index: stride, Scale: 2}, stride3)
	}
	if rows > 5 {
		LEAQ(Mem{Base: stride, Index: stride, Scale: 4}, stride5)
	}
	if rows > 7 {
		LEAQ(Mem{Base: stride3, Index: stride, Scale: 4}, x7)
		ADDQ(x0, x7)
	}
}

// advance moves the pointers into x and the panels by steps of k; size is that
// of a panel's element.
func advance(rows, steps, size int) {
	ADDQ(Imm(uint64(4*steps)), x0)
	if rows > 7 {
		ADDQ(Imm(uint64(4*steps)), x7)
	}
	ADDQ(U32(16*size*steps), panelB)
}

// loopK calls step(u) for u in [0, unroll) in a loop over k, then step(0) for
// each k that is left, so that every row count adds in the same order.
func loopK(rows, unroll, size int, step func(u int)) {
	label := func(s string) string { return fmt.Sprintf("%s%d", s, rows) }
	SUBQ(Imm(uint64(unroll)), count)
	JL(LabelRef(label("tail")))
	Label(label("loop"))
	for u := range unroll {
		step(u)
	}
	advance(rows, unroll, size)
	SUBQ(Imm(uint64(unroll)), count)
	JGE(LabelRef(label("loop")))
	Label(label("tail"))
	ADDQ(Imm(uint64(unroll)), count)
	JZ(LabelRef(label("done")))
	Label(label("one"))
	step(0)
	advance(rows, 1, size)
	DECQ(count)
	JNZ(LabelRef(label("one")))
	Label(label("done"))
}
