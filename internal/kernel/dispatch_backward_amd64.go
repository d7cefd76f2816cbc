//go:build !purego

package kernel

// transpose is Transpose at the active level: squares of 8 by assembly, what is
// left at the edges in Go.
func transpose(dst, x []float32, rows, columns, dstStride, xStride int) {
	r, c := rows/8*8, columns/8*8
	if active < AVX2 || r == 0 || c == 0 {
		transposeGeneric(dst, x, 0, 0, rows, columns, dstStride, xStride)
		return
	}
	transposeAVX2(&dst[0], &x[0], r, c, 4*dstStride, 4*xStride)
	transposeGeneric(dst, x, r, 0, rows, columns, dstStride, xStride)
	transposeGeneric(dst, x, 0, c, r, columns, dstStride, xStride)
}

// copyPanel copies 16 elements of each row of x at the active level.
func copyPanel(dst, x []float32, stride, rows int) {
	if active < AVX2 || rows == 0 {
		copyPanelGeneric(dst, x, stride, rows)
		return
	}
	_, _ = dst[rows*Panel-1], x[(rows-1)*stride+Panel-1]
	copy16AVX2(&dst[0], &x[0], 4*stride, rows)
}

// activateBackward is Activation.Backward at the active level.
func activateBackward(a Activation, grad, x []float32) {
	g, p, n := &grad[0], &x[0], len(x)
	switch {
	case a == GELU && active >= AVX512:
		geluBackwardAVX512(g, p, n)
	case a == GELU && active == AVX2:
		geluBackwardAVX2(g, p, n)
	case a == GELUTanh && active >= AVX512:
		geluTanhBackwardAVX512(g, p, n)
	case a == GELUTanh && active == AVX2:
		geluTanhBackwardAVX2(g, p, n)
	default:
		a.backwardGeneric(grad, x)
	}
}

// layerNormBackward is LayerNormBackward of one row at the active level.
func layerNormBackward(dx, dgamma, dbeta, dy, x, gamma []float32, eps float32) {
	var a, b *float32
	if dgamma != nil {
		a, b = &dgamma[0], &dbeta[0]
	}
	switch {
	case active >= AVX512:
		layerNormBackwardAVX512(&dx[0], a, b, &dy[0], &x[0], &gamma[0], len(x), eps)
	case active == AVX2:
		layerNormBackwardAVX2(&dx[0], a, b, &dy[0], &x[0], &gamma[0], len(x), eps)
	default:
		layerNormBackwardGeneric(dx, dgamma, dbeta, dy, x, gamma, eps)
	}
}

// scoresBackward is the softmax's part of Look.Backward at the active level.
func scoresBackward(p, g []float32, inverse, delta, scale float32) {
	scoresBackwardGeneric(p, g, inverse, delta, scale)
}

// adamW is AdamW.Step at the active level.
func adamW(a *AdamW, x, g, m, v []float32) {
	if active < AVX2 {
		a.generic(x, g, m, v)
		return
	}
	c := [...]float32{a.Beta1, a.Beta2, a.Rate, a.Spread, a.Eps, a.Keep}
	adamWAVX2(&x[0], &g[0], &m[0], &v[0], len(x), &c[0])
}
