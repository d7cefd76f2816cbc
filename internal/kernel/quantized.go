package kernel

import (
	"fmt"
	"math"
)

// Quantized is a matrix of activations as unsigned bytes, each row with a scale
// and a zero point of its own, so that a token's numbers do not depend on the
// tokens around it: x = scale·(q - zero), with q from 0 to 255 and zero the
// whole number that stands for 0. The zero value is ready for Resize.
type Quantized struct {
	rows, k, stride int
	data            []byte // rows at distance stride, a multiple of 4
	scale, zero     []float32
}

// leastRange is the range of a row below which all its elements count as zero.
const leastRange = 1e-30

// Resize gives q a shape. Its rows hold nothing until SetRows. Memory is kept
// from one call to the next.
func (q *Quantized) Resize(rows, k int) {
	if rows < 0 || k <= 0 {
		panic(fmt.Sprintf("kernel: %d×%d quantised activations", rows, k))
	}
	q.rows, q.k, q.stride = rows, k, roundUp(k, Panel)
	if n := rows * q.stride; cap(q.data) < n {
		q.data = make([]byte, n)
	} else {
		q.data = q.data[:n]
	}
	q.scale, q.zero = grow(q.scale, rows), grow(q.zero, rows)
}

// SetRows quantises rows first to last-1 of x, which has q's shape. Several
// goroutines can share the rows. Elements must be finite, and smaller than 1e38
// in size.
func (q *Quantized) SetRows(x []float32, first, last int) {
	if first < 0 || last < first || last > q.rows || len(x) < last*q.k {
		panic(fmt.Sprintf("kernel: quantising rows [%d, %d) of %d×%d activations: there are %d values",
			first, last, q.rows, q.k, len(x)))
	}
	if first < last {
		part := Quantized{rows: last - first, k: q.k, stride: q.stride,
			data: q.data[first*q.stride:], scale: q.scale[first:], zero: q.zero[first:]}
		quantize(&part, x[first*q.k:])
	}
}

// quantizeGeneric is the reference of SetRows, for all rows of q. The range of
// a row is that of its elements and 0.
func quantizeGeneric(q *Quantized, x []float32) {
	for r := range q.rows {
		row := x[r*q.k : (r+1)*q.k]
		var least, most float32
		for _, v := range row {
			least, most = min(least, v), max(most, v)
		}
		span := max(most-least, leastRange)
		inverse := 255 / span
		zero := float32(math.RoundToEven(float64(-least * inverse)))
		q.scale[r], q.zero[r] = span*(1./255), zero
		out := q.data[r*q.stride:]
		for i, v := range row {
			// The product and the sum round once, as one instruction does.
			at := float32(math.FMA(float64(v), float64(inverse), float64(zero)))
			out[i] = byte(max(0, min(255, math.RoundToEven(float64(at)))))
		}
	}
}

// roundUp returns the least multiple of m that is at least n.
func roundUp(n, m int) int { return (n + m - 1) / m * m }
