package kernel

import "fmt"

// Epilogue is what Linear does to each output before it is written, in this
// order: add the bias, add the residual, apply the activation. The zero value
// does nothing.
type Epilogue struct {
	Bias       []float32  // N values, or nil
	Residual   []float32  // rows×N, or nil; may be dst itself
	Activation Activation // applied last
}

// Linear computes dst = x·Wᵀ with the epilogue e: x is rows×K, W is N×K, dst is
// rows×N, all row-major. dst must not overlap x. Each output is one
// accumulation over k in ascending order from zero, so a row has the same bits
// whatever the other rows are.
//
// It runs on the calling goroutine and may be called concurrently.
func Linear(dst, x []float32, rows int, w *Packed, e Epilogue) {
	LinearPanels(dst, x, rows, w, e, 0, w.Panels())
}

// LinearPanels computes only the outputs of panels first to last-1 of w, that
// is columns 16·first to 16·last-1 of dst, so that several goroutines can
// share one product. Slices have the shapes of the whole product.
func LinearPanels(dst, x []float32, rows int, w *Packed, e Epilogue, first, last int) {
	checkLinear(dst, x, rows, w, e, first, last)
	if rows == 0 || first == last {
		return
	}
	linear(dst, x, rows, w, e, first, last)
}

// checkLinear panics when a slice does not have its shape.
func checkLinear(dst, x []float32, rows int, w *Packed, e Epilogue, first, last int) {
	switch {
	case rows < 0 || len(x) < rows*w.k || len(dst) < rows*w.n:
		panic(fmt.Sprintf("kernel: Linear of %d rows with a %d×%d matrix: x has %d values, dst %d",
			rows, w.n, w.k, len(x), len(dst)))
	case e.Bias != nil && len(e.Bias) < w.n, e.Residual != nil && len(e.Residual) < rows*w.n:
		panic(fmt.Sprintf("kernel: Linear of %d rows with a %d×%d matrix: bias has %d values, residual %d",
			rows, w.n, w.k, len(e.Bias), len(e.Residual)))
	case first < 0 || last < first || last > w.Panels():
		panic(fmt.Sprintf("kernel: Linear of panels [%d, %d) of %d", first, last, w.Panels()))
	}
}
