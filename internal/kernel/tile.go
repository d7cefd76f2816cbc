//go:build (amd64 || arm64) && !purego

package kernel

import "unsafe"

// tile holds the arguments of one call of a matrix kernel: a few rows of x by
// one or two panels. The generator of the assembly reads this declaration for
// the offsets. Strides and steps are in bytes.
type tile struct {
	x         *float32       // first row
	xStride   uintptr        // from one row of x to the next
	panel     unsafe.Pointer // first panel
	next      uintptr        // from the first panel to the second
	k         uintptr        // length of the accumulation
	dst       *float32       // first output, 16 or 32 in a row
	dstStride uintptr        // from one row of dst to the next
	bias      *float32       // as wide as a row of the tile, or nil
	residual  *float32       // added to the output, with dst's stride, or nil

	scale *float32 // of each row of x; only of int8 and, unless nil, of bfloat16

	// Only of int8 tiles, which need a bias too.
	zero    *float32 // zero point of each row of x
	factors *float32 // scale of each output
	sums    *float32 // sum of the weights of each output
	gelu    uintptr  // not 0: GELU is applied, within 2^-12
}
