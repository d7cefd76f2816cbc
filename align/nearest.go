package align

import (
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/bertsearch/bertsearch/internal/kernel"
)

// neighbour is a sentence of the other side.
type neighbour struct {
	index  int
	cosine float32
}

// neighbours are one sentence's, the nearest first.
type neighbours []neighbour

// mean is the mean cosine to the neighbours.
func (n neighbours) mean() float32 {
	sum := float32(0)
	for _, x := range n {
		sum += x.cosine
	}
	return sum / float32(len(n))
}

// add puts a sentence into the list, which keeps the k nearest; of two equally near ones the earlier comes first.
func (n neighbours) add(k, index int, cosine float32) neighbours {
	at := len(n)
	for at > 0 && n[at-1].cosine < cosine {
		at--
	}
	if at >= k {
		return n
	}
	if len(n) < k {
		n = append(n, neighbour{})
	}
	copy(n[at+1:], n[at:])
	n[at] = neighbour{index, cosine}
	return n
}

const (
	blockRows    = 64   // of from
	blockColumns = 1024 // of to; a block of similarities is 256 KB, one of vectors 1.5 MB at 384 values
)

// nearest finds the k nearest of to for each of from, on all cores.
func nearest(from, to [][]float32, k int) []neighbours {
	dim := len(from[0])
	var blocks []*kernel.Packed
	for at := 0; at < len(to); at += blockColumns {
		part := to[at:min(at+blockColumns, len(to))]
		blocks = append(blocks, kernel.PackF32(join(part), len(part), dim))
	}
	out := make([]neighbours, len(from))
	var next atomic.Int64
	var team sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		team.Go(func() {
			products := make([]float32, blockRows*blockColumns)
			for {
				first := int(next.Add(blockRows)) - blockRows
				if first >= len(from) {
					return
				}
				rows := from[first:min(first+blockRows, len(from))]
				x := join(rows)
				for b, w := range blocks {
					n := w.Rows()
					kernel.LinearPanels(products, x, len(rows), w, kernel.Epilogue{}, 0, w.Panels())
					for i := range rows {
						for j, cosine := range products[i*n : (i+1)*n] {
							out[first+i] = out[first+i].add(k, b*blockColumns+j, cosine)
						}
					}
				}
			}
		})
	}
	team.Wait()
	return out
}

// join writes vectors one after the other.
func join(vectors [][]float32) []float32 {
	var flat []float32
	for _, v := range vectors {
		flat = append(flat, v...)
	}
	return flat
}
