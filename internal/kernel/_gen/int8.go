package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/ir"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// int8VNNI writes the tiles of bytes and the quantisation of rows.
func int8VNNI() {
	tiles("tileInt8VNNI", "tileInt8VNNI computes 1 to 14 rows by two panels of int8.", rowsAVX512, tileInt8)
	quantizeRows()
	packInt8(2)
	packInt8(4)
}

// dotBytes adds to each int32 of sum the product of four unsigned bytes of x
// with four signed ones of w. avo 0.5 does not know VPDPBUSD, Go's assembler
// does.
func dotBytes(w, x, sum reg.VecPhysical) {
	Instruction(&ir.Instruction{
		Opcode:   "VPDPBUSD",
		Operands: []Op{w, x, sum},
		Inputs:   []Op{w, x, sum},
		Outputs:  []Op{sum},
		ISA:      []string{"AVX512_VNNI"},
	})
}

// tileInt8 writes the code for one number of rows. The tile's k counts groups
// of four.
func tileInt8(rows int) {
	loadTile(rows)
	acc := func(r, p int) reg.VecPhysical { return zmm[2*r+p] }
	b := [2]reg.VecPhysical{zmm[30], zmm[31]}
	for r := range rows {
		VPXORD(acc(r, 0), acc(r, 0), acc(r, 0))
		VPXORD(acc(r, 1), acc(r, 1), acc(r, 1))
	}
	// The panels after these two stand right behind them. They are fetched into the
	// second-level cache meanwhile: a query's few rows leave no time to wait.
	LEAQ(Mem{Base: panelB, Index: next, Scale: 2}, extra)
	loopK(rows, 4, 4, func(u int) {
		at := Mem{Base: panelB, Disp: 64 * u}
		VMOVUPS(at, b[0])
		at.Index, at.Scale = next, 1
		VMOVUPS(at, b[1])
		PREFETCHT1(Mem{Base: extra})
		PREFETCHT1(Mem{Base: extra, Disp: 64})
		SUBQ(I32(-128), extra)
		for r := range rows {
			x := zmm[28+r%2]
			VPBROADCASTD(row(r, u), x)
			dotBytes(b[0], x, acc(r, 0))
			dotBytes(b[1], x, acc(r, 1))
		}
	})
	dequantize(rows, acc)
	storeInt8(rows, acc)
}

// dequantize turns the sums into float32: scale·(sum - zero·weights) + bias.
func dequantize(rows int, acc func(r, p int) reg.VecPhysical) {
	scale, zero, at := reg.RSI, reg.RDX, reg.R10
	MOVQ(field(args, "tile", "scale"), scale)
	MOVQ(field(args, "tile", "zero"), zero)
	sums, factors, bias, factor := zmm[28], zmm[29], zmm[30], zmm[31]
	for p := range 2 {
		MOVQ(field(args, "tile", "sums"), at)
		VMOVUPS(Mem{Base: at, Disp: 64 * p}, sums)
		MOVQ(field(args, "tile", "factors"), at)
		VMOVUPS(Mem{Base: at, Disp: 64 * p}, factors)
		MOVQ(field(args, "tile", "bias"), at)
		VMOVUPS(Mem{Base: at, Disp: 64 * p}, bias)
		for r := range rows {
			a := acc(r, p)
			VCVTDQ2PS(a, a)
			VFNMADD231PS_BCST(Mem{Base: zero, Disp: 4 * r}, sums, a)
			VMULPS_BCST(Mem{Base: scale, Disp: 4 * r}, factors, factor)
			VFMADD213PS(bias, factor, a)
		}
	}
}

// storeInt8 adds the residual, applies GELU if the tile asks for it and stores
// the tile.
func storeInt8(rows int, acc func(r, p int) reg.VecPhysical) {
	label := func(s string) string { return fmt.Sprintf("%s%d", s, rows) }
	MOVQ(field(args, "tile", "residual"), extra)
	TESTQ(extra, extra)
	JZ(LabelRef(label("activate")))
	for r := range rows {
		VADDPS(Mem{Base: extra}, acc(r, 0), acc(r, 0))
		VADDPS(Mem{Base: extra, Disp: 64}, acc(r, 1), acc(r, 1))
		ADDQ(dstStep, extra)
	}
	Label(label("activate"))
	MOVQ(field(args, "tile", "gelu"), extra)
	TESTQ(extra, extra)
	JZ(LabelRef(label("store")))
	VBROADCASTSS(number(coarseGELU[len(coarseGELU)-1]), zmm[31])
	for r := range rows {
		geluCoarse(acc(r, 0))
		geluCoarse(acc(r, 1))
	}
	Label(label("store"))
	storeTile(rows, acc)
}

// coarseGELU are the coefficients of Q, constant term first, in x·Q(x²), which
// is Φ(x)-1/2 for |x| ≤ geluBend and 1/2 there. They make the error of x·Φ(x)
// least, 1.62e-4, a hundredth of a step of the bytes that it is rounded to.
var coarseGELU = []float64{0.3980090618133545, -0.06475561112165451, 0.008858641609549522, -0.0008324392256326973,
	4.991864625480957e-05, -1.7003998209474958e-06, 2.4827290445728067e-08}

const geluBend = 3.94

// geluCoarse replaces x by about x·Φ(x). Register 31 holds the last coefficient;
// 28 to 30 are overwritten.
func geluCoarse(x reg.VecPhysical) {
	bent, square, sum := zmm[28], zmm[29], zmm[30]
	VRANGEPS_BCST(Imm(2), number(geluBend), x, bent) // the smaller in size, with the sign of x
	VMULPS(bent, bent, square)
	VMOVAPS(zmm[31], sum)
	for i := len(coarseGELU) - 2; i >= 0; i-- {
		VFMADD213PS_BCST(number(coarseGELU[i]), square, sum)
	}
	VFMADD213PS_BCST(number(0.5), bent, sum)
	VMULPS(sum, x, x)
}

// quantizeRows writes the quantisation of activations, row by row: the range,
// then the bytes.
func quantizeRows() {
	v := avx512
	TEXT("quantizeRowsAVX512", NOSPLIT, "func(dst *byte, x *float32, n, rows, stride int, scale, zero *float32)")
	Doc("quantizeRowsAVX512 quantises rows of n elements to rows of bytes, stride apart,",
		"with their scales and zero points. There is at least one row.")
	Pragma("noescape")
	to, from, n, rows, stride := reg.RDI, reg.RSI, reg.RBX, reg.R8, reg.R9
	scales, zeros, at, left, scratch, out := reg.R10, reg.R11, reg.RAX, reg.RCX, reg.RDX, reg.R12
	Load(Param("dst"), to)
	Load(Param("x"), from)
	Load(Param("n"), n)
	Load(Param("rows"), rows)
	Load(Param("stride"), stride)
	Load(Param("scale"), scales)
	Load(Param("zero"), zeros)
	x, least, most, zero, inverse, y := zmm[0], zmm[1], zmm[2], zmm[3], zmm[4], zmm[5]
	element := func(base reg.Register) Mem { return Mem{Base: base, Index: at, Scale: 1} }
	Label("row")
	v.zero(least)
	v.zero(most)
	XORQ(at, at)
	v.each("range", n, left, scratch, []reg.GPPhysical{at}, func(tail bool) {
		v.load(element(from), x, tail)
		VMINPS(x, least, least)
		VMAXPS(x, most, most)
	})
	v.fold(VMINPS, least, x)
	v.fold(VMAXPS, most, x)
	VSUBSS(least.AsX(), most.AsX(), most.AsX())
	VMAXSS(number(1e-30), most.AsX(), most.AsX())
	VMOVSS(number(255), inverse.AsX())
	VDIVSS(most.AsX(), inverse.AsX(), inverse.AsX())
	VMULSS(number(1./255), most.AsX(), most.AsX())
	VMOVSS(most.AsX(), Mem{Base: scales})
	VMULSS(inverse.AsX(), least.AsX(), least.AsX())
	VXORPS(zero.AsX(), zero.AsX(), zero.AsX())
	VSUBSS(least.AsX(), zero.AsX(), zero.AsX())
	VROUNDSS(Imm(0), zero.AsX(), zero.AsX(), zero.AsX())
	VMOVSS(zero.AsX(), Mem{Base: zeros})
	VBROADCASTSS(inverse.AsX(), inverse)
	VBROADCASTSS(zero.AsX(), zero)
	v.zero(y)
	XORQ(at, at)
	MOVQ(to, out)
	v.each("bytes", n, left, scratch, []reg.GPPhysical{at}, func(tail bool) {
		v.load(element(from), x, tail)
		VFMADD213PS(zero, inverse, x)
		VCVTPS2DQ(x, x)
		VPMAXSD(y, x, x)
		if tail {
			VPMOVUSDB(x, reg.K1, Mem{Base: out})
			return
		}
		VPMOVUSDB(x, Mem{Base: out})
		ADDQ(Imm(16), out)
	})
	LEAQ(Mem{Base: from, Index: n, Scale: 4}, from)
	ADDQ(stride, to)
	ADDQ(Imm(4), scales)
	ADDQ(Imm(4), zeros)
	DECQ(rows)
	JNZ(LabelRef("row"))
	VZEROUPPER()
	RET()
}
