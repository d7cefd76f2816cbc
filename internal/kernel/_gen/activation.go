package main

import (
	"fmt"
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// geluEnd is where Φ(x)-1/2 is 1/2 in float32, and the table ends.
const geluEnd = 5.6

// segments is how |x| is cut for the table of Φ: as many segments as a
// permutation of one register (AVX2) or two (AVX-512) can look up, and the
// degree that holds the error of each below 2e-8.
func (v vector) segments() (count, degree int) {
	if v.lanes == 16 {
		return 32, 4
	}
	return 8, 7
}

// activations writes the elementwise kernels.
func activations() {
	for _, v := range both {
		gelu(v)
		geluTanh(v)
		relu(v)
		scaleRows(v)
	}
}

// elementwise writes name(x, n, rows, stride), which replaces n elements of
// each row; the registers from setup on live through it.
func elementwise(v vector, name, doc string, setup func(), body func(x reg.VecPhysical)) {
	TEXT(name+v.name, NOSPLIT, "func(x *float32, n, rows, stride int)")
	Doc(name+v.name+" "+doc, "Rows are stride bytes apart; there is at least one.")
	Pragma("noescape")
	base, n, rows, stride := reg.RDI, reg.RSI, reg.RBX, reg.R8
	at, left, scratch := reg.RAX, reg.RCX, reg.RDX
	Load(Param("x"), base)
	Load(Param("n"), n)
	Load(Param("rows"), rows)
	Load(Param("stride"), stride)
	setup()
	x := v.reg[0]
	Label("row")
	MOVQ(base, at)
	v.each("x", n, left, scratch, []reg.GPPhysical{at}, func(tail bool) {
		v.load(Mem{Base: at}, x, tail)
		body(x)
		v.store(x, Mem{Base: at}, tail)
	})
	ADDQ(stride, base)
	DECQ(rows)
	JNZ(LabelRef("row"))
	VZEROUPPER()
	RET()
}

// gelu computes x·Φ(x) = x/2 + |x|·(Φ(|x|)-1/2), the last factor a piecewise
// polynomial: |x| in units of a segment is rounded to the segment's number,
// which looks up coefficients for the rest.
func gelu(v vector) {
	count, degree := v.segments()
	width := geluEnd / float64(count-1)
	// On AVX2 the constants stay in memory: the table fills the registers.
	table := v.geluTable(count, degree, width)
	elementwise(v, "gelu", "replaces each x by x·Φ(x).", func() { v.loadTable(table) }, func(x reg.VecPhysical) {
		if v.lanes == 16 {
			abs, sum := v.lookUp(x, table)
			half := v.reg[5+2+table.parts] // after the table
			VMULPS_BCST(number(0.5), x, half)
			VFMADD213PS(half, abs, sum)
			VMOVAPS(sum, x)
			return
		}
		v.geluAVX2(x, table)
	})
}

// loadTable loads the constants of lookUp and, where registers are enough, the
// table.
func (v vector) loadTable(table geluData) {
	if v.lanes != 16 {
		LEAQ(table.data, reg.R9)
		return
	}
	v.constant(1/table.width, v.reg[2])
	v.constant(float64(table.count-1), v.reg[3])
	v.constant(1<<23, v.reg[4])
	for i := range table.parts {
		VMOVUPS(table.at(i), v.reg[7+i])
	}
}

// lookUp computes the table's function of |x| on AVX-512, and |x|.
func (v vector) lookUp(x reg.VecPhysical, table geluData) (abs, sum reg.VecPhysical) {
	abs, unit, last, magic := v.reg[1], v.reg[2], v.reg[3], v.reg[4]
	index, c := v.reg[5], v.reg[6]
	f, sum := v.reg[8+table.parts], v.reg[9+table.parts]
	VPANDD_BCST(signless(), x, abs)
	VMULPS(unit, abs, c)
	VMINPS(c, last, c)
	VADDPS(magic, c, index)
	VSUBPS(magic, index, f)
	VSUBPS(f, c, f)
	for i := table.degree; i >= 0; i-- {
		VMOVAPS(index, c)
		VPERMI2PS(v.reg[7+2*i+1], v.reg[7+2*i], c)
		if i == table.degree {
			VMOVAPS(c, sum)
		} else {
			VFMADD213PS(c, f, sum)
		}
	}
	return abs, sum
}

// geluAVX2 is the body of gelu with eight segments.
func (v vector) geluAVX2(x reg.VecPhysical, table geluData) {
	abs, sum := v.lookUpAVX2(x, table)
	half := v.reg[2]
	VBROADCASTSS(number(0.5), half)
	VMULPS(half, x, x)
	VFMADD231PS(abs, sum, x)
}

// lookUpAVX2 is lookUp with eight segments and the table in memory.
func (v vector) lookUpAVX2(x reg.VecPhysical, table geluData) (abs, sum reg.VecPhysical) {
	abs, t, index, f, sum := v.reg[1], v.reg[2], v.reg[3], v.reg[4], v.reg[5]
	VBROADCASTSS(signless(), abs)
	VANDPS(abs, x, abs)
	VBROADCASTSS(number(1/table.width), t)
	VMULPS(t, abs, t)
	VBROADCASTSS(number(float64(table.count-1)), f)
	VMINPS(t, f, t)
	VBROADCASTSS(number(1<<23), f)
	VADDPS(f, t, index)
	VSUBPS(f, index, f)
	VSUBPS(f, t, f)
	for i := table.degree; i >= 0; i-- {
		c := v.reg[6+i%2]
		if i == table.degree {
			c = sum
		}
		VPERMPS(Mem{Base: reg.R9, Disp: 32 * i}, index, c)
		if i < table.degree {
			VFMADD213PS(c, f, sum)
		}
	}
	return abs, sum
}

var signlessData Mem

// signless returns the address of the mask that clears a sign.
func signless() Mem {
	if signlessData.Symbol.Name == "" {
		signlessData = ConstData("signless", U32(0x7fffffff))
	}
	return signlessData
}

// geluData is a table of coefficients: for each degree count float32, in parts
// of one register.
type geluData struct {
	data          Mem
	parts         int
	bytes         int
	count, degree int
	width         float64
}

func (g geluData) at(i int) Mem { return g.data.Offset(i * g.bytes) }

// geluTable is the table of Φ(x)-1/2.
func (v vector) geluTable(count, degree int, width float64) geluData {
	return v.halfTable(fmt.Sprintf("gelu%d", count), count, degree, width, func(x float64) float64 { return math.Erf(x/math.Sqrt2) / 2 })
}

// halfTable writes the coefficients of f, which tends to 1/2, around each
// segment's centre, in units of a segment. The last is the constant 1/2,
// exactly, so that large x give 1 and 0 when it is added to or taken from 1/2.
func (v vector) halfTable(name string, count, degree int, width float64, f func(x float64) float64) geluData {
	data := GLOBL(name, 8|16)
	c := make([][]float64, count)
	for s := range c {
		c[s] = chebyshev(func(t float64) float64 { return f(t * width) }, float64(s), 0.5, degree)
		if s == count-1 {
			clear(c[s])
			c[s][0] = 0.5
		}
	}
	for i := range degree + 1 {
		for s := range c {
			DATA(4*(i*count+s), F32(c[s][i]))
		}
	}
	return geluData{data, (degree + 1) * count / v.lanes, 4 * v.lanes, count, degree, width}
}

// geluTanh computes x/(1 + exp(-2y)), y = √(2/π)(x + 0.044715x³).
func geluTanh(v vector) {
	var e exponential
	y, a, b := v.reg[2], v.reg[3], v.reg[4]
	setup := func() { e = newExponential(v) }
	factor := -2 * math.Sqrt(2/math.Pi) * math.Log2E
	elementwise(v, "geluTanh", "replaces each x by the tanh approximation of x·Φ(x).", setup, func(x reg.VecPhysical) {
		VMULPS(x, x, y)
		VBROADCASTSS(number(0.044715*factor), a)
		VBROADCASTSS(number(factor), b)
		VFMADD213PS(b, a, y)
		VMULPS(x, y, y)
		// From 128 on the power is ∞ and the quotient 0.
		VBROADCASTSS(number(128), a)
		VMINPS(y, a, y)
		e.exp2(y, a, b)
		VBROADCASTSS(number(1), a)
		VADDPS(a, y, y)
		VDIVPS(y, x, x)
	})
}

// relu computes max(x, 0).
func relu(v vector) {
	elementwise(v, "relu", "replaces each x by max(x, 0).", func() { v.zero(v.reg[1]) }, func(x reg.VecPhysical) {
		VMAXPS(x, v.reg[1], x)
	})
}

// scaleRows multiplies each row by a factor of its own.
func scaleRows(v vector) {
	TEXT("scaleRows"+v.name, NOSPLIT, "func(x *float32, n, rows, stride int, factors *float32)")
	Doc("scaleRows"+v.name+" multiplies the n elements of each row by the row's factor.",
		"Rows are stride bytes apart; there is at least one.")
	Pragma("noescape")
	base, n, rows, stride, factors := reg.RDI, reg.RSI, reg.RBX, reg.R8, reg.R9
	at, left, scratch := reg.RAX, reg.RCX, reg.RDX
	Load(Param("x"), base)
	Load(Param("n"), n)
	Load(Param("rows"), rows)
	Load(Param("stride"), stride)
	Load(Param("factors"), factors)
	x, factor := v.reg[0], v.reg[1]
	Label("row")
	VBROADCASTSS(Mem{Base: factors}, factor)
	MOVQ(base, at)
	v.each("x", n, left, scratch, []reg.GPPhysical{at}, func(tail bool) {
		v.load(Mem{Base: at}, x, tail)
		VMULPS(factor, x, x)
		v.store(x, Mem{Base: at}, tail)
	})
	ADDQ(Imm(4), factors)
	ADDQ(stride, base)
	DECQ(rows)
	JNZ(LabelRef("row"))
	VZEROUPPER()
	RET()
}
