package main

import "fmt"

// kind is what the rows of a dot product hold.
type kind int

const (
	floats    kind = iota
	codesSDOT      // bytes, multiplied in fours by SDOT
	codes          // bytes, multiplied one by one and widened
)

// Registers of dots: the arguments, then a pointer for each of the four rows.
// A row has four accumulators, row r from V(4r) on.
const (
	dotDst, dotQuery, dotCount, dotAt, dotNext, dotAhead = 0, 1, 2, 3, 4, 5

	dotRow   = 8
	dotRows  = 4
	vQuery   = 16 // four
	vRow     = 20 // four
	vProduct = 24 // two
)

// dots writes a function that computes the dot products of a query with four
// rows, a cache line of each at a time, and prefetches the beginnings of four
// more. Codes are unsigned bytes of which 128 is taken.
func (w *writer) dots(name string, k kind) {
	fmt.Fprintf(w, "\n// func %s(dst, q unsafe.Pointer, lines int, at, next *[4]unsafe.Pointer)\nTEXT ·%s(SB), NOSPLIT, $0-40\n", name, name)
	w.line("MOVD dst+0(FP), R%d", dotDst)
	w.line("MOVD q+8(FP), R%d", dotQuery)
	w.line("MOVD lines+16(FP), R%d", dotCount)
	w.line("MOVD at+24(FP), R%d", dotAt)
	w.line("MOVD next+32(FP), R%d", dotNext)
	for r := range dotRows {
		w.line("MOVD %d(R%d), R%d", 8*r, dotAt, dotRow+r)
	}
	for r := range dotRows {
		w.line("MOVD %d(R%d), R%d", 8*r, dotNext, dotAhead)
		for line := range 2 {
			w.line("ADD $%d, R%d, R6", 64*line, dotAhead)
			w.line("PRFM (R6), PLDL1KEEP")
		}
	}
	for v := range 4 * dotRows {
		w.line("VEOR V%d.B16, V%d.B16, V%d.B16", v, v, v)
	}
	if k != floats {
		w.line("VMOVI $0x80, V%d.B16", vSign)
	}
	w.WriteString("\nloop:\n")
	w.dotLine(k)
	w.line("SUBS $1, R%d", dotCount)
	w.line("BNE loop")
	w.dotSums(k)
	w.line("VST1 [V0.S4], (R%d)", dotDst)
	w.line("RET")
}

// dotLine adds the products of one cache line of the query and of each row.
func (w *writer) dotLine(k kind) {
	shape := "B16"
	if k == floats {
		shape = "S4"
	}
	load := func(from, to int) {
		w.line("VLD1.P 64(R%d), [V%d.%s, V%d.%s, V%d.%s, V%d.%s]", from, to, shape, to+1, shape, to+2, shape, to+3, shape)
	}
	load(dotQuery, vQuery)
	for r := range dotRows {
		load(dotRow+r, vRow)
		for i := range 4 {
			if k != floats {
				w.line("VEOR V%d.B16, V%d.B16, V%d.B16", vSign, vRow+i, vRow+i)
			}
			w.dotStep(k, vQuery+i, vRow+i, 4*r+i)
		}
	}
}

// dotStep adds the products of the elements of a and b to sum.
func (w *writer) dotStep(k kind, a, b, sum int) {
	if k != codes {
		size := 4
		if k == codesSDOT {
			size = 1
		}
		w.multiply(size, a, b, sum)
		return
	}
	// The assembler has no SMULL, SMULL2 and SADALP.
	for half, op := range []int{0x0E20C000, 0x4E20C000} {
		w.line("WORD $0x%08x // 16-bit products of half of V%d and V%d to V%d", op|b<<16|a<<5|(vProduct+half), a, b, vProduct+half)
		w.line("WORD $0x%08x // V%d += pairs of V%d", 0x4E606800|(vProduct+half)<<5|sum, sum, vProduct+half)
	}
}

// dotSums leaves the sum of each row's accumulators in V0.
func (w *writer) dotSums(k kind) {
	// Of vectors the assembler has no FADD and FADDP.
	add, pair := 0x4E20D400, 0x6E20D400
	if k != floats {
		add, pair = 0x4EA08400, 0x4EA0BC00
	}
	both := func(op, to, a, b int) {
		w.line("WORD $0x%08x // V%d = V%d + V%d", op|b<<16|a<<5|to, to, a, b)
	}
	for r := range dotRows {
		both(add, 4*r, 4*r, 4*r+1)
		both(add, 4*r+2, 4*r+2, 4*r+3)
		both(add, 4*r, 4*r, 4*r+2)
	}
	both(pair, 0, 0, 4)
	both(pair, 8, 8, 12)
	both(pair, 0, 0, 8)
}
