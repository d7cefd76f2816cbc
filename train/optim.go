package train

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/bertsearch/bertsearch/internal/kernel"
	"github.com/bertsearch/bertsearch/model"
)

// AdamWOptions are the constants of [AdamW]; zero is the usual value.
type AdamWOptions struct {
	Beta1, Beta2 float64 // 0.9, 0.999
	Eps          float64 // 1e-8
	Decay        float64 // weight decay, of matrices only; zero is none
}

// AdamW is Adam with decoupled weight decay (Loshchilov and Hutter, 2019,
// arXiv:1711.05101). It keeps two values a parameter.
type AdamW struct {
	options AdamWOptions
	params  []*model.Param
	step    uint64
	first   [][]float32 // running mean of the gradient
	second  [][]float32 // and of its square
}

// NewAdamW makes an optimiser of params.
func NewAdamW(params []*model.Param, o AdamWOptions) *AdamW {
	fill(&o.Beta1, 0.9)
	fill(&o.Beta2, 0.999)
	fill(&o.Eps, 1e-8)
	a := &AdamW{options: o, params: params}
	for _, p := range params {
		a.first = append(a.first, make([]float32, len(p.Value)))
		a.second = append(a.second, make([]float32, len(p.Value)))
	}
	return a
}

// Step changes the parameters by their gradients at learning rate lr.
func (a *AdamW) Step(lr float64) {
	a.step++
	o := a.options
	step := kernel.AdamW{
		Beta1: float32(o.Beta1), Beta2: float32(o.Beta2), Eps: float32(o.Eps),
		Rate:   float32(lr / (1 - math.Pow(o.Beta1, float64(a.step)))),
		Spread: float32(1 / (1 - math.Pow(o.Beta2, float64(a.step)))),
	}
	each(a.params, func(i int, p *model.Param) {
		own, rate := step, cmp.Or(p.Rate, 1)
		own.Rate *= float32(rate)
		own.Keep = 1
		if p.Decay {
			own.Keep = float32(1 - lr*rate*o.Decay)
		}
		own.Step(p.Value, p.Grad, a.first[i], a.second[i])
	})
}

// each calls work for every parameter, on all cores.
func each(params []*model.Param, work func(i int, p *model.Param)) {
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(params)) {
		workers.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(params); i = int(next.Add(1)) - 1 {
				work(i, params[i])
			}
		})
	}
	workers.Wait()
}

// WriteTo writes the optimiser's state: the step as u64, then both means of each
// parameter as f32, little endian.
func (a *AdamW) WriteTo(w io.Writer) (int64, error) {
	if _, err := w.Write(binary.LittleEndian.AppendUint64(nil, a.step)); err != nil {
		return 0, err
	}
	n := int64(8)
	for i := range a.first {
		for _, values := range [][]float32{a.first[i], a.second[i]} {
			if err := writeFloats(w, values); err != nil {
				return n, err
			}
			n += 4 * int64(len(values))
		}
	}
	return n, nil
}

// ReadFrom reads what WriteTo wrote for the same parameters.
func (a *AdamW) ReadFrom(r io.Reader) (int64, error) {
	var step [8]byte
	if _, err := io.ReadFull(r, step[:]); err != nil {
		return 0, fmt.Errorf("train: optimiser: %w", err)
	}
	a.step = binary.LittleEndian.Uint64(step[:])
	n := int64(8)
	for i := range a.first {
		for _, values := range [][]float32{a.first[i], a.second[i]} {
			if err := readFloats(r, values); err != nil {
				return n, err
			}
			n += 4 * int64(len(values))
		}
	}
	return n, nil
}

// Clip scales all gradients together so that their length is at most most, and
// returns the length that they had.
func Clip(params []*model.Param, most float64) float64 {
	sums := make([]float64, len(params))
	each(params, func(i int, p *model.Param) { sums[i] = squares(p.Grad) })
	square := 0.0
	for _, sum := range sums {
		square += sum
	}
	length := math.Sqrt(square)
	if scale := float32(most / (length + 1e-6)); scale < 1 {
		each(params, func(_ int, p *model.Param) { kernel.Scale(p.Grad, scale) })
	}
	return length
}

// squares adds up the squares of x in four sums, so that an addition need not
// wait for the one before.
func squares(x []float32) float64 {
	var sums [4]float64
	for len(x) >= len(sums) {
		for i, v := range x[:len(sums)] {
			sums[i] += float64(v) * float64(v)
		}
		x = x[len(sums):]
	}
	for i, v := range x {
		sums[i] += float64(v) * float64(v)
	}
	return sums[0] + sums[1] + sums[2] + sums[3]
}

// LinearWarmup is the share of the learning rate at a step, from 0: it rises
// over the first warm steps of total and falls to zero over the others.
func LinearWarmup(step, total, warm int) float64 {
	if step < warm {
		return float64(step+1) / float64(warm)
	}
	return max(0, float64(total-step)/float64(max(1, total-warm)))
}
