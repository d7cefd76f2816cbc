package model

import (
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/bertsearch/bertsearch/internal/kernel"
	"github.com/bertsearch/bertsearch/internal/nn"
)

// rows are vectors one after the other, n×width.
type rows struct {
	n, width int
	values   []float32
}

func newRows(n, width int) rows { return rows{n, width, make([]float32, n*width)} }

// row is vector i.
func (r rows) row(i int) []float32 { return r.values[i*r.width : (i+1)*r.width] }

// copied is independent of r.
func (r rows) copied() rows { return rows{r.n, r.width, append([]float32(nil), r.values...)} }

// part is n of r's vectors from first on.
func (r rows) part(first, n int) rows {
	return rows{n, r.width, r.values[first*r.width : (first+n)*r.width]}
}

// through is act(l(r)).
func (r rows) through(l nn.Linear, act kernel.Activation) rows {
	out := newRows(r.n, l.Out())
	l.Forward(nn.Share{}, out.values, r.values, r.n, nil, act)
	return out
}

// mean is the mean vector.
func (r rows) mean() []float64 {
	sum := make([]float64, r.width)
	for i := range r.n {
		for k, v := range r.row(i) {
			sum[k] += float64(v)
		}
	}
	for k := range sum {
		sum[k] /= float64(r.n)
	}
	return sum
}

// less subtracts a vector from each of r, in place, and returns r.
func (r rows) less(mean []float64) rows {
	for i := range r.n {
		for k, v := range mean {
			r.values[i*r.width+k] -= float32(v)
		}
	}
	return r
}

// transposed is width×n.
func (r rows) transposed() []float32 {
	out := make([]float32, len(r.values))
	kernel.Transpose(out, r.values, r.n, r.width, r.n, r.width)
	return out
}

// productRows is how many rows are multiplied at a time: few enough for a core's cache.
const productRows = 1024

// products is rᵀ·o, r.width×o.width.
func (r rows) products(o rows) *mat.Dense {
	total, sums := make([]float64, r.width*o.width), make([]float32, r.width*o.width)
	for first := 0; first < r.n; first += productRows {
		n := min(productRows, r.n-first)
		x, y := r.part(first, n), o.part(first, n)
		kernel.Linear(sums, x.transposed(), r.width, kernel.PackF32(y.transposed(), o.width, n), kernel.Epilogue{})
		for i, v := range sums {
			total[i] += float64(v)
		}
	}
	return mat.NewDense(r.width, o.width, total)
}

// ridge is what is added to the mean variance of a regression's inputs, as a
// share of it, so that one without a unique solution has the smallest.
const ridge = 1e-2

// regress finds the linear layer that comes closest to making y of x, row for
// row, by least squares.
func regress(x, y rows) nn.Linear {
	meanX, meanY := x.mean(), y.mean()
	x, y = x.copied().less(meanX), y.copied().less(meanY)
	gram := mat.NewSymDense(x.width, nil)
	products := x.products(x)
	trace := mat.Trace(products)
	for i := range x.width {
		for k := i; k < x.width; k++ {
			gram.SetSym(i, k, products.At(i, k))
		}
		gram.SetSym(i, i, products.At(i, i)+ridge*trace/float64(x.width)+math.SmallestNonzeroFloat32)
	}
	var solved mat.Dense // x.width×y.width
	var cholesky mat.Cholesky
	if cholesky.Factorize(gram) {
		_ = cholesky.SolveTo(&solved, x.products(y)) // its only error is a warning: near singular
	} else {
		solved = *mat.NewDense(x.width, y.width, nil)
	}
	weight, bias := make([]float32, y.width*x.width), make([]float32, y.width)
	for i := range y.width {
		sum := meanY[i]
		for k := range x.width {
			w := solved.At(k, i)
			weight[i*x.width+k] = float32(w)
			sum -= w * meanX[k]
		}
		bias[i] = float32(sum)
	}
	return nn.Linear{Weight: kernel.PackF32(weight, y.width, x.width), Bias: bias}
}

// after is the linear layer a(b(x)).
func after(a, b nn.Linear) nn.Linear {
	out, in := a.Out(), b.In()
	columns := rows{b.Out(), in, make([]float32, b.Out()*in)}
	for i := range columns.n {
		b.Weight.Row(columns.row(i), i)
	}
	left := make([]float32, out*a.In())
	for i := range out {
		a.Weight.Row(left[i*a.In():(i+1)*a.In()], i)
	}
	weight, bias := make([]float32, out*in), make([]float32, out)
	kernel.Linear(weight, left, out, kernel.PackF32(columns.transposed(), in, columns.n), kernel.Epilogue{})
	for i := range bias {
		bias[i] = a.Bias[i] + kernel.Dot(left[i*a.In():(i+1)*a.In()], b.Bias)
	}
	return nn.Linear{Weight: kernel.PackF32(weight, out, in), Bias: bias}
}

// some is the linear layer with these outputs of l.
func some(l nn.Linear, outputs []int) nn.Linear {
	weight, bias := make([]float32, len(outputs)*l.In()), make([]float32, len(outputs))
	for i, from := range outputs {
		l.Weight.Row(weight[i*l.In():(i+1)*l.In()], from)
		bias[i] = l.Bias[from]
	}
	return nn.Linear{Weight: kernel.PackF32(weight, len(outputs), l.In()), Bias: bias}
}
