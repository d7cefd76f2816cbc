package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/ir"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// bf16 writes the tiles of pairs of bfloat16 and what makes such pairs.
func bf16() {
	tiles("tileBF16AVX512", "tileBF16AVX512 computes 1 to 14 rows by two panels of pairs of bfloat16.", rowsAVX512, tileBF16)
	pairRows()
	weighRows()
}

// dotPairs adds to each float32 of sum the products of two pairs of bfloat16.
// Neither avo nor Go's assembler knows VDPBF16PS, so it is written as bytes:
// EVEX.512.F3.0F38.W0 52 /r.
func dotPairs(w, x, sum reg.VecPhysical) {
	d, a, b := uint32(sum.PhysicalIndex()), uint32(x.PhysicalIndex()), uint32(w.PhysicalIndex())
	not := func(v uint32, bit int) uint32 { return ^v >> bit & 1 }
	p0 := not(d, 3)<<7 | not(b, 4)<<6 | not(b, 3)<<5 | not(d, 4)<<4 | 2
	p1 := (^a&15)<<3 | 1<<2 | 2
	p2 := 2<<5 | not(a, 4)<<3
	modRM := 3<<6 | d&7<<3 | b&7
	Comment(fmt.Sprintf("VDPBF16PS Z%d, Z%d, Z%d", b, a, d))
	Instruction(&ir.Instruction{Opcode: "LONG", Operands: []Op{U32(0x62 | p0<<8 | p1<<16 | p2<<24)},
		Inputs: []Op{w, x, sum}, Outputs: []Op{sum}})
	Instruction(&ir.Instruction{Opcode: "WORD", Operands: []Op{U16(0x52 | modRM<<8)}})
}

// tileBF16 writes the code for one number of rows. The tile's k counts pairs.
func tileBF16(rows int) {
	loadTile(rows)
	acc := func(r, p int) reg.VecPhysical { return zmm[2*r+p] }
	b0, b1 := zmm[30], zmm[31]
	for r := range rows {
		VPXORD(acc(r, 0), acc(r, 0), acc(r, 0))
		VPXORD(acc(r, 1), acc(r, 1), acc(r, 1))
	}
	loopK(rows, 4, 4, func(u int) {
		at := Mem{Base: panelB, Disp: 64 * u}
		VMOVUPS(at, b0)
		at.Index, at.Scale = next, 1
		VMOVUPS(at, b1)
		for r := range rows {
			x := zmm[28+r%2]
			VPBROADCASTD(row(r, u), x)
			dotPairs(b0, x, acc(r, 0))
			dotPairs(b1, x, acc(r, 1))
		}
	})
	storeScaled(rows, acc)
}

// storeScaled multiplies each row by its scale, if the tile has scales, and
// stores the tile.
func storeScaled(rows int, acc func(r, p int) reg.VecPhysical) {
	store := fmt.Sprintf("store%d", rows)
	MOVQ(field(args, "tile", "scale"), extra)
	TESTQ(extra, extra)
	JZ(LabelRef(store))
	for r := range rows {
		VMULPS_BCST(Mem{Base: extra, Disp: 4 * r}, acc(r, 0), acc(r, 0))
		VMULPS_BCST(Mem{Base: extra, Disp: 4 * r}, acc(r, 1), acc(r, 1))
	}
	Label(store)
	storeTile(rows, acc)
}

// pairs holds the registers that joining two vectors to pairs needs.
type pairs struct{ half reg.VecPhysical }

// newPairs loads the constants into register 15 and mask 2.
func newPairs(scratch reg.GPPhysical) pairs {
	p := pairs{zmm[15]}
	VPBROADCASTD(halfUnit(), p.half)
	MOVL(U32(0xaaaaaaaa), scratch.As32())
	KMOVD(scratch.As32(), reg.K2)
	return p
}

var halfUnitData Mem

// halfUnit returns the address of half a unit of bfloat16's last place.
func halfUnit() Mem {
	if halfUnitData.Symbol.Name == "" {
		halfUnitData = ConstData("halfUnit", U32(0x8000))
	}
	return halfUnitData
}

// join replaces each element of a by the pair of it, the low half, and that of
// b, rounded to bfloat16, halves away from zero. b is overwritten.
func (p pairs) join(a, b reg.VecPhysical) {
	VPADDD(p.half, a, a)
	VPADDD(p.half, b, b)
	VPSRLD(Imm(16), a, a)
	VMOVDQU16(b, reg.K2, a)
}

// pairRows writes pairAVX512(dst, a, b, n, rows, dstStride, xStride).
func pairRows() {
	v := avx512
	TEXT("pairAVX512", NOSPLIT, "func(dst, a, b *float32, n, rows, dstStride, xStride int)")
	Doc("pairAVX512 writes a pair of bfloat16, rounded to the nearest, for each of n",
		"elements of rows of a (the low half) and b. Strides are in bytes; there is at",
		"least one row. The numbers are finite.")
	Pragma("noescape")
	to, low, high, n, rows := reg.RDI, reg.RSI, reg.R8, reg.RBX, reg.R9
	toStep, fromStep := reg.R10, reg.R11
	at, left, scratch := reg.RAX, reg.RCX, reg.RDX
	Load(Param("dst"), to)
	Load(Param("a"), low)
	Load(Param("b"), high)
	Load(Param("n"), n)
	Load(Param("rows"), rows)
	Load(Param("dstStride"), toStep)
	Load(Param("xStride"), fromStep)
	a, b := zmm[0], zmm[1]
	p := newPairs(scratch)
	element := func(base reg.Register) Mem { return Mem{Base: base, Index: at, Scale: 1} }
	Label("row")
	XORQ(at, at)
	v.each("x", n, left, scratch, []reg.GPPhysical{at}, func(tail bool) {
		v.load(element(low), a, tail)
		v.load(element(high), b, tail)
		p.join(a, b)
		v.store(a, element(to), tail)
	})
	ADDQ(fromStep, low)
	ADDQ(fromStep, high)
	ADDQ(toStep, to)
	DECQ(rows)
	JNZ(LabelRef("row"))
	VZEROUPPER()
	RET()
}
