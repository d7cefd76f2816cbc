package kernel

import "math"

// Backward multiplies grad, the gradient of the activation's output, by the
// derivative at its input x, so that it becomes the gradient of x. The
// derivative is within 2^-21 of the exact one; that of ReLU at 0 is 0.
func (a Activation) Backward(grad, x []float32) {
	if a == None || len(x) == 0 {
		return
	}
	activateBackward(a, grad[:len(x)], x)
}

// backwardGeneric is the reference of Backward, computed in float64.
func (a Activation) backwardGeneric(grad, x []float32) {
	switch a {
	case GELU:
		for i, v := range x {
			grad[i] *= float32(geluSlope(float64(v)))
		}
	case GELUTanh:
		for i, v := range x {
			grad[i] *= float32(geluTanhSlope(float64(v)))
		}
	case ReLU:
		for i, v := range x {
			if !(v > 0) {
				grad[i] = 0
			}
		}
	case Tanh:
		for i, v := range x {
			y := math.Tanh(float64(v))
			grad[i] *= float32(1 - y*y)
		}
	}
}

// geluSlope is the derivative of x·Φ(x): Φ(x) + x·φ(x).
func geluSlope(x float64) float64 {
	if math.IsInf(x, 0) {
		return max(0, math.Copysign(1, x))
	}
	return 0.5*math.Erfc(-x/math.Sqrt2) + x*math.Exp(-x*x/2)/math.Sqrt(2*math.Pi)
}

// geluTanhSlope is the derivative of x·s with s = 1/(1 + exp(-2y)),
// y = √(2/π)(x + 0.044715x³): s + 2x·y'·s·(1-s).
func geluTanhSlope(x float64) float64 {
	if math.Abs(x) > 20 {
		return max(0, math.Copysign(1, x)) // where x³ may overflow
	}
	c := math.Sqrt(2 / math.Pi)
	s := 1 / (1 + math.Exp(-2*c*(x+0.044715*x*x*x)))
	return s + 2*x*c*(1+3*0.044715*x*x)*s*(1-s)
}
