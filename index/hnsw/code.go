package hnsw

import (
	"math"
	"math/rand/v2"

	"github.com/bertsearch/bertsearch/internal/kernel"
)

// coder turns normalised vectors into codes of one byte a dimension, whose
// dot products order neighbours nearly as the vectors' own do.
//
// The scale is one for all vectors and dimensions, so that nothing but the
// codes is read on a walk, and it is fixed, so that it need not be learnt
// again as data comes and goes. For that the vector is rotated first: signs
// flipped at random, then a Hadamard transform of each block (a randomised
// Hadamard transform, Ailon and Chazelle, doi:10.1137/060673096). What comes
// out is spread evenly, nearly Gaussian with variance 1/width whatever went
// in, and rarely beyond clip standard deviations.
type coder struct {
	dimension int
	width     int // dimension padded to a multiple of kernel.CodeAlign
	block     int // the largest power of two that divides width
	signs     []float32
	scale     float32 // code units for each unit of a rotated number
}

const (
	clip      = 4.5
	signsSeed = 0x6265727473656172 // fixed: codes are kept in snapshots
	// codeZero is the code of 0: codes are unsigned on disk and in memory.
	codeZero = 128
)

func newCoder(dimension int) *coder {
	width := (dimension + kernel.CodeAlign - 1) / kernel.CodeAlign * kernel.CodeAlign
	c := &coder{dimension: dimension, width: width, block: width & -width}
	random := rand.New(rand.NewPCG(signsSeed, uint64(width)))
	c.signs = make([]float32, dimension)
	for i := range c.signs {
		c.signs[i] = float32(2*int(random.Uint32()&1) - 1)
	}
	c.scale = float32(127 * math.Sqrt(float64(width)) / clip / math.Sqrt(float64(c.block)))
	return c
}

// margin bounds, in units of the codes' dot products, how far the order of
// two of them can be from the order of the true ones: four standard
// deviations of the difference of two products, each with the rounding of
// both its sides (uniform, variance 1/12).
func (c *coder) margin() int32 {
	unit := float64(c.scale) * math.Sqrt(float64(c.block))
	return int32(math.Ceil(4 * unit * math.Sqrt(4.0/12)))
}

// encode writes the signed code of v to dst, of width numbers; work has room
// for width numbers.
func (c *coder) encode(dst []int8, v, work []float32) {
	work = work[:c.width]
	for i, x := range v {
		work[i] = x * c.signs[i]
	}
	clear(work[len(v):])
	for at := 0; at < c.width; at += c.block {
		hadamard(work[at : at+c.block])
	}
	for i, x := range work {
		scaled := x * c.scale
		scaled = max(-127, min(127, scaled))
		dst[i] = int8(math.Floor(float64(scaled + 0.5)))
	}
}

// hadamard transforms x, of a power-of-two length, in place, without the
// factor 1/√len(x).
func hadamard(x []float32) {
	for half := 1; half < len(x); half *= 2 {
		for at := 0; at < len(x); at += 2 * half {
			low, high := x[at:at+half], x[at+half:at+2*half]
			for i, a := range low {
				b := high[i]
				low[i], high[i] = a+b, a-b
			}
		}
	}
}

// store writes a signed code as the unsigned one that rows hold.
func store(row []uint8, code []int8) {
	for i, c := range code {
		row[i] = uint8(c) ^ codeZero
	}
}

// query is a code that rows are compared with.
type query struct {
	code []int8
	bias int32 // codeZero times the sum of the code
}

// set makes q the code itself.
func (q *query) setBias() {
	var sum int32
	for _, c := range q.code {
		sum += int32(c)
	}
	q.bias = codeZero * sum
}

// fromRow makes q the code of a row, so that rows are compared with it.
func (q *query) fromRow(row []uint8) {
	var sum int32
	for i, c := range row[:len(q.code)] {
		s := int8(c ^ codeZero)
		q.code[i] = s
		sum += int32(s)
	}
	q.bias = codeZero * sum
}
