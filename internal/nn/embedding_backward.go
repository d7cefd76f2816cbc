package nn

import "github.com/bertsearch/bertsearch/internal/kernel"

// Sum writes the sums of the three vectors of each token, the input of e.Norm,
// to dst, rows×dim. The arguments are those of Forward. Members share the rows.
func (e Embedding) Sum(s Share, dst []float32, ids []int32, types []uint8, starts []int, scratch []float32) {
	dim := e.Word.Dim()
	first, last := s.Range(len(ids))
	for i := range len(starts) - 1 {
		for row := max(starts[i], first); row < min(starts[i+1], last); row++ {
			out := dst[row*dim : (row+1)*dim]
			e.Word.Row(out, int(ids[row]))
			e.Position.AddRow(out, scratch, row-starts[i])
			e.Type.AddRow(out, scratch, typeOf(types, row))
		}
	}
}

// EmbeddingGradient holds the gradients of the three tables, rows×dim each.
type EmbeddingGradient struct {
	Word, Position, Type []float32
	Dim                  int
}

// Add adds d, rows×dim, the gradient of the sums of Embedding.Sum, to the rows
// of the tables that the tokens came from, token by token in order. Members
// share the features.
func (g EmbeddingGradient) Add(s Share, d []float32, ids []int32, types []uint8, starts []int) {
	first, last := s.Range(g.Dim)
	for i := range len(starts) - 1 {
		for row := starts[i]; row < starts[i+1]; row++ {
			from := d[row*g.Dim+first : row*g.Dim+last]
			kernel.Add(g.Word[int(ids[row])*g.Dim+first:], from)
			kernel.Add(g.Position[(row-starts[i])*g.Dim+first:], from)
			kernel.Add(g.Type[typeOf(types, row)*g.Dim+first:], from)
		}
	}
}

// typeOf is the token type of a row; types nil is all 0.
func typeOf(types []uint8, row int) int {
	if types == nil {
		return 0
	}
	return int(types[row])
}
