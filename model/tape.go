package model

// Tape is what a forward pass keeps for its way back. Backward uses it up.
type Tape struct {
	options ForwardOptions
	batch   Batch // a copy
	chunks  []chunk
	head    headTape
}

// chunk is a run of whole texts that goes through the encoder at a time, small
// enough for its matrices to stay in the cache.
type chunk struct {
	text   int // number of the first text in the batch
	row    int // number of the first row
	starts []int
	ids    []int32
	types  []uint8
	layers []keptLayer
}

// keptLayer is what a chunk keeps of one layer: the input of its last
// normalisation, from which the next layer's input follows, and the rest if
// memory is enough; without it that is computed again.
type keptLayer struct {
	sum  []float32
	rest []float32
}

func (c *chunk) rows() int { return len(c.ids) }

// cut copies the batch's tokens and cuts them into chunks of whole texts with
// at most limit rows, unless a text alone has more.
func (t *Tape) cut(b *Batch, limit int) {
	t.batch.IDs = append(t.batch.IDs[:0], b.IDs...)
	t.batch.Starts = append(t.batch.Starts[:0], b.Starts...)
	t.batch.Types, t.batch.Prompt = nil, b.Prompt
	if b.Types != nil {
		t.batch.Types = append([]uint8(nil), b.Types...)
	}
	for first := 0; first < b.Texts(); {
		last := first + 1
		for last < b.Texts() && b.Starts[last+1]-b.Starts[first] <= limit {
			last++
		}
		t.chunks = append(t.chunks, t.chunk(first, last))
		first = last
	}
}

// chunk is the texts first to last-1.
func (t *Tape) chunk(first, last int) chunk {
	from, to := t.batch.Starts[first], t.batch.Starts[last]
	c := chunk{text: first, row: from, ids: t.batch.IDs[from:to]}
	if t.batch.Types != nil {
		c.types = t.batch.Types[from:to]
	}
	for _, at := range t.batch.Starts[first : last+1] {
		c.starts = append(c.starts, at-from)
	}
	return c
}
