package main

import (
	"sync"
	"time"

	"github.com/bertsearch/bertsearch/internal/kernel"
)

// peakTime is how long the peak is measured for.
const peakTime = 100 * time.Millisecond

// peakGFLOPS measures the matrix product that the encoder consists of where it
// is fastest, 192×256 by 256×64 that stay in each core's cache, on threads
// cores at once.
func peakGFLOPS(threads int) float64 {
	const rows, in, out = 192, 256, 64
	weights := kernel.PackF32(make([]float32, out*in), out, in)
	products := make([]int, threads)
	start := time.Now()
	var all sync.WaitGroup
	for i := range products {
		all.Go(func() {
			x, y := make([]float32, rows*in), make([]float32, rows*out)
			for time.Since(start) < peakTime {
				kernel.Linear(y, x, rows, weights, kernel.Epilogue{})
				products[i]++
			}
		})
	}
	all.Wait()
	total := 0
	for _, n := range products {
		total += n
	}
	return float64(total) * 2 * rows * in * out / time.Since(start).Seconds() / 1e9
}
