package kernel

import "math"

// Softmax replaces row by exp(x-max)/Σexp(x-max). An element of -∞ becomes
// zero; a row of nothing but -∞ becomes zeros; NaN or +∞ makes the whole row
// NaN. An empty row is left alone.
func Softmax(row []float32) {
	if len(row) == 0 {
		return
	}
	if sum := expRow(row, 1); sum != 0 {
		Scale(row, 1/sum)
	}
}

// expRowGeneric is the reference of expRow, which replaces each x of a row that
// is not empty by exp(scale·(x-max)) and returns their sum, at least 1, or 0
// when the maximum is -∞ and the row has become zeros. scale is positive.
//
// Every level is within 2^-21 of the reference, relative to the row's maximum
// of 1; what is below 2^-126 may become zero.
func expRowGeneric(row []float32, scale float32) float32 {
	top := float32(math.Inf(-1))
	for _, v := range row {
		top = max(top, v)
	}
	if math.IsInf(float64(top), -1) {
		clear(row)
		return 0
	}
	var sum float64
	for i, v := range row {
		e := math.Exp(float64(scale) * (float64(v) - float64(top)))
		row[i] = float32(e)
		sum += e
	}
	return float32(sum)
}
