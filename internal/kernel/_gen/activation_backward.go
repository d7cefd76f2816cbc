package main

import (
	"fmt"
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// slopeEnd is where the derivatives of both kinds of GELU are 1 in float32 and
// the table ends.
const slopeEnd = 6.2

// slopes writes the kernels of the way back through activations. The
// derivative of GELU less 1/2 is odd, as is that of its approximation, so a
// table for |x| serves.
func slopes() {
	for _, v := range both {
		slope(v, "gelu", func(x float64) float64 {
			return math.Erf(x/math.Sqrt2)/2 + x*math.Exp(-x*x/2)/math.Sqrt(2*math.Pi)
		})
		slope(v, "geluTanh", func(x float64) float64 {
			c := math.Sqrt(2 / math.Pi)
			s := 1 / (1 + math.Exp(-2*c*(x+0.044715*x*x*x)))
			return s - 0.5 + 2*x*c*(1+3*0.044715*x*x)*s*(1-s)
		})
	}
}

// slope writes nameBackward(grad, x, n): grad is multiplied by 1/2 ± half(|x|),
// with the sign of x.
func slope(v vector, name string, half func(x float64) float64) {
	full := name + "Backward" + v.name
	count, degree := v.segments()
	table := v.halfTable(fmt.Sprintf("%sSlope%d", name, count), count, degree, slopeEnd/float64(count-1), half)
	TEXT(full, NOSPLIT, "func(grad, x *float32, n int)")
	Doc(full + " multiplies each of grad by the derivative at x.")
	Pragma("noescape")
	grad, at, n, left, scratch := reg.RDI, reg.RAX, reg.RSI, reg.RCX, reg.RDX
	Load(Param("grad"), grad)
	Load(Param("x"), at)
	Load(Param("n"), n)
	v.loadTable(table)
	x, g := v.reg[0], v.reg[1]
	v.each("x", n, left, scratch, []reg.GPPhysical{at, grad}, func(tail bool) {
		v.load(Mem{Base: at}, x, tail)
		sum := v.half(x, table)
		v.load(Mem{Base: grad}, g, tail)
		VMULPS(sum, g, g)
		v.store(g, Mem{Base: grad}, tail)
	})
	VZEROUPPER()
	RET()
}

// half computes 1/2 plus the table's function with the sign of x.
func (v vector) half(x reg.VecPhysical, table geluData) reg.VecPhysical {
	if v.lanes == 16 {
		abs, sum := v.lookUp(x, table)
		VPANDD_BCST(signless(), x, abs)
		VPXORD(abs, x, x)
		VPXORD(x, sum, sum)
		VADDPS_BCST(number(0.5), sum, sum)
		return sum
	}
	abs, sum := v.lookUpAVX2(x, table)
	VXORPS(abs, x, x)
	VXORPS(x, sum, sum)
	VBROADCASTSS(number(0.5), x)
	VADDPS(x, sum, sum)
	return sum
}
