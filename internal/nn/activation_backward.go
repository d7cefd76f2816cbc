package nn

import "github.com/bertsearch/bertsearch/internal/kernel"

// Activate writes act(x) to dst, n values each. Members share the values.
func Activate(s Share, dst, x []float32, act kernel.Activation) {
	first, last := s.Range(len(x))
	copy(dst[first:last], x[first:last])
	act.Apply(dst[first:last])
}

// ActivateBackward multiplies grad, the gradient of act(x), by the derivative
// at x, n values each. Members share the values.
func ActivateBackward(s Share, grad, x []float32, act kernel.Activation) {
	first, last := s.Range(len(x))
	act.Backward(grad[first:last], x[first:last])
}
