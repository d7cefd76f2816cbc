package main

import (
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/ir"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Registers of a dot kernel: the ends of the four rows at hand and of the
// four after them, and what walks along them. dotK runs from -bytes to 0, so
// that one register counts and addresses.
var (
	dotRow    = []reg.GPPhysical{reg.RSI, reg.RDI, reg.R8, reg.R9}
	dotNext   = []reg.GPPhysical{reg.R10, reg.R11, reg.R12, reg.R13}
	dotQ      = reg.RAX // the end of q
	dotIDs    = reg.RBX
	dotAt     = reg.RCX // the place of the group among the ids
	dotK      = reg.RDX
	dotTemp   = reg.R14
	dotBlocks = reg.R15
)

// dotKernel is one function. line adds a cache line of each of the four rows
// to its accumulator; reduce leaves the four sums in X0.
type dotKernel struct {
	name, doc, types string
	acc              []reg.VecPhysical
	line, reduce     func()
}

// dot writes the dot kernels.
func dot() {
	const floats = "func(dst, q *float32, bytes int, blocks *byte, stride int, offset int, ids *uint32, n int)"
	const codes = "func(dst *int32, q *int8, bytes int, blocks *byte, stride int, offset int, ids *uint32, n int, bias int32)"
	for _, k := range []dotKernel{
		{"dotRowsAVX512", "16 float32 at a time", floats, zmm[:4], lineF32AVX512, reduceF32AVX512},
		{"dotRowsAVX2", "8 float32 at a time", floats, ymm[:4], lineF32AVX2, reduceF32},
		{"dotCodesVNNI", "64 codes at a time", codes, zmm[:4], lineCodesVNNI, reduceCodesAVX512},
		{"dotCodesAVX2", "16 codes at a time, widened to 16 bits", codes, ymm[:4], lineCodesAVX2, reduceCodes},
	} {
		k.write()
	}
}

// write writes the loop over groups of four ids. The last group ends at the
// last id and may begin within the group before it, so n is at least 4.
func (k dotKernel) write() {
	TEXT(k.name, NOSPLIT, k.types)
	Doc(k.name + " computes dot products, " + k.doc + ", of at least 4 rows.")
	Pragma("noescape")
	Load(Param("q"), dotQ)
	Load(Param("ids"), dotIDs)
	Load(Param("blocks"), dotBlocks)
	ADDQ(argument("bytes"), dotQ)
	XORQ(dotAt, dotAt)
	addresses(dotAt, dotNext)
	Label("group")
	for i, row := range dotRow {
		MOVQ(dotNext[i], row)
	}
	followingGroup(dotK)
	addresses(dotK, dotNext)
	for _, a := range k.acc {
		VPXOR(a.AsX(), a.AsX(), a.AsX())
	}
	Load(Param("bytes"), dotK)
	NEGQ(dotK)
	Label("line")
	for _, next := range dotNext {
		PREFETCHT0(Mem{Base: next, Index: dotK, Scale: 1})
	}
	k.line()
	ADDQ(Imm(64), dotK)
	JNZ(LabelRef("line"))
	k.reduce()
	Load(Param("dst"), dotTemp)
	VMOVUPS(reg.X0, Mem{Base: dotTemp, Index: dotAt, Scale: 4})
	MOVQ(dotAt, dotTemp)
	followingGroup(dotAt)
	CMPQ(dotAt, dotTemp)
	JNE(LabelRef("group"))
	VZEROUPPER()
	RET()
}

// followingGroup sets to to the place of the group after the one at dotAt:
// four ids on, but not past the last four.
func followingGroup(to reg.GPPhysical) {
	Load(Param("n"), dotBlocks)
	SUBQ(Imm(4), dotBlocks)
	LEAQ(Mem{Base: dotAt, Disp: 4}, to)
	CMPQ(to, dotBlocks)
	CMOVQGT(dotBlocks, to)
	Load(Param("blocks"), dotBlocks)
}

// addresses sets each of to to the end of the row of one of four ids.
func addresses(at reg.Register, to []reg.GPPhysical) {
	for i, end := range to {
		MOVL(Mem{Base: dotIDs, Index: at, Scale: 4, Disp: 4 * i}, end.As32())
		MOVQ(end, dotTemp)
		SHRQ(Imm(8), dotTemp)
		ANDQ(Imm(255), end)
		IMULQ(argument("stride"), end)
		ADDQ(Mem{Base: dotBlocks, Index: dotTemp, Scale: 8}, end)
		ADDQ(argument("offset"), end)
		ADDQ(argument("bytes"), end)
	}
}

// argument is a parameter as a memory operand.
func argument(name string) Mem {
	b, err := Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	return b.Addr
}

// along is the place dotK, plus a few bytes, before the end.
func along(end reg.GPPhysical, disp int) Mem {
	return Mem{Base: end, Index: dotK, Scale: 1, Disp: disp}
}

func lineF32AVX512() {
	VMOVUPS(along(dotQ, 0), reg.Z4)
	for i, row := range dotRow {
		VFMADD231PS(along(row, 0), reg.Z4, zmm[i])
	}
}

func lineF32AVX2() {
	for disp := 0; disp < 64; disp += 32 {
		VMOVUPS(along(dotQ, disp), reg.Y4)
		for i, row := range dotRow {
			VFMADD231PS(along(row, disp), reg.Y4, ymm[i])
		}
	}
}

func lineCodesVNNI() {
	VMOVDQU8(along(dotQ, 0), reg.Z4)
	for i, row := range dotRow {
		VMOVDQU8(along(row, 0), zmm[5+i])
		vpdpbusd(reg.Z4, zmm[5+i], zmm[i])
	}
}

// vpdpbusd adds to sums, which this version of avo does not know: 16 sums of
// four products of a signed and an unsigned byte.
func vpdpbusd(signed, unsigned, sums reg.VecPhysical) {
	Instruction(&ir.Instruction{
		Opcode:   "VPDPBUSD",
		Operands: []Op{signed, unsigned, sums},
		Inputs:   []Op{signed, unsigned, sums},
		Outputs:  []Op{sums},
	})
}

func lineCodesAVX2() {
	for disp := 0; disp < 64; disp += 16 {
		VPMOVSXBW(along(dotQ, disp), reg.Y4)
		for i, row := range dotRow {
			VPMOVZXBW(along(row, disp), ymm[5+i])
			VPMADDWD(reg.Y4, ymm[5+i], ymm[5+i])
			VPADDD(ymm[5+i], ymm[i], ymm[i])
		}
	}
}

// reduceF32 sums each of Y0 to Y3 and leaves the sums in X0.
func reduceF32() {
	VHADDPS(reg.Y1, reg.Y0, reg.Y0)
	VHADDPS(reg.Y3, reg.Y2, reg.Y2)
	VHADDPS(reg.Y2, reg.Y0, reg.Y0)
	VEXTRACTF128(Imm(1), reg.Y0, reg.X1)
	VADDPS(reg.X1, reg.X0, reg.X0)
}

// reduceCodes is reduceF32 for int32, and takes the bias off.
func reduceCodes() {
	VPHADDD(reg.Y1, reg.Y0, reg.Y0)
	VPHADDD(reg.Y3, reg.Y2, reg.Y2)
	VPHADDD(reg.Y2, reg.Y0, reg.Y0)
	VEXTRACTI128(Imm(1), reg.Y0, reg.X1)
	VPADDD(reg.X1, reg.X0, reg.X0)
	Load(Param("bias"), dotTemp.As32())
	VMOVD(dotTemp.As32(), reg.X1)
	VPBROADCASTD(reg.X1, reg.X1)
	VPSUBD(reg.X1, reg.X0, reg.X0)
}

func reduceF32AVX512() {
	for i := range 4 {
		VEXTRACTF32X8(Imm(1), zmm[i], ymm[4+i])
		VADDPS(ymm[4+i], ymm[i], ymm[i])
	}
	reduceF32()
}

func reduceCodesAVX512() {
	for i := range 4 {
		VEXTRACTI64X4(Imm(1), zmm[i], ymm[4+i])
		VPADDD(ymm[4+i], ymm[i], ymm[i])
	}
	reduceCodes()
}
