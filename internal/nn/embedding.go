package nn

// Embedding is BERT's input: the sum of a token's word vector, the vector of
// its position in the text and that of its token type, normalised.
type Embedding struct {
	Word, Position, Type Table
	Norm                 LayerNorm
}

// Forward writes the embeddings of the batch to dst, rows×dim. ids and types
// have one element a row; types nil is all 0. The caller has checked that ids,
// types and lengths are within the tables. scratch holds dim values and
// belongs to the member. Members share the rows.
func (e Embedding) Forward(s Share, dst []float32, ids []int32, types []uint8, starts []int, scratch []float32) {
	dim := e.Word.Dim()
	first, last := s.Range(len(ids))
	for i := range len(starts) - 1 {
		for row := max(starts[i], first); row < min(starts[i+1], last); row++ {
			out := dst[row*dim : (row+1)*dim]
			e.Word.Row(out, int(ids[row]))
			e.Position.AddRow(out, scratch, row-starts[i])
			kind := 0
			if types != nil {
				kind = int(types[row])
			}
			e.Type.AddRow(out, scratch, kind)
		}
	}
	e.Norm.Forward(s, dst, dst, len(ids))
}
