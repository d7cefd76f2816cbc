package nn

import "github.com/bertsearch/bertsearch/internal/kernel"

// LowRank is an update of a Projection's weights, Scale·B·A, that is trained in
// their place (Hu et al., "LoRA: Low-Rank Adaptation of Large Language Models",
// arXiv:2106.09685). A projection of several parts one above the other, such as
// query, key and value, has an update of rank Rank for each.
type LowRank struct {
	Rank, Parts  int
	Scale        float32
	A, AGrad     []float32 // parts·rank×in: the parts one above the other
	B, BGrad     []float32 // out×rank
	merged       []float32 // out×in: the weights with the update
	packedA      *kernel.Packed
	packedB      *kernel.Packed // parts·rank×out: Bᵀ, each part in rows of its own
	spread       []float32      // the same, not packed
	wide, inside int            // parts·rank, and the rows of a part
}

// merge returns w, out×in, plus the update, and packs A and B for the way back.
// Members share the rows; they wait before the result is read.
func (l *LowRank) merge(s Share, w []float32, out, in int) []float32 {
	l.wide, l.inside = l.Parts*l.Rank, out/l.Parts
	if s.Index() == 0 {
		l.prepare(out, in)
	}
	s.Wait()
	first, last := s.Range(out)
	for n := first; n < last; n++ {
		row := l.merged[n*in : (n+1)*in]
		copy(row, w[n*in:])
		for j, b := range l.B[n*l.Rank : (n+1)*l.Rank] {
			at := n/l.inside*l.Rank + j
			kernel.Axpy(row, l.Scale*b, l.A[at*in:(at+1)*in])
		}
	}
	return l.merged
}

// prepare packs A, and B as the transpose of a matrix with the parts on its
// diagonal.
func (l *LowRank) prepare(out, in int) {
	if l.merged == nil {
		l.merged = make([]float32, out*in)
		l.spread = make([]float32, l.wide*out)
		l.packedA, l.packedB = kernel.NewPacked(l.wide, in), kernel.NewPacked(l.wide, out)
	}
	for n := range out {
		for j := range l.Rank {
			l.spread[(n/l.inside*l.Rank+j)*out+n] = l.Scale * l.B[n*l.Rank+j]
		}
	}
	l.packedA.SetRows(l.A, in, 0, l.packedA.Panels())
	l.packedB.SetRows(l.spread, out, 0, l.packedB.Panels())
}

// lowRankScratch is the memory of LowRank.backward, shared by a team.
type lowRankScratch struct {
	u, v   []float32 // rows×parts·rank: x·Aᵀ, dy·B
	wide   []float32 // out×parts·rank
	weight WeightGradient
}

func (m *lowRankScratch) reserve(l *LowRank, rows, out int) {
	wide := l.Parts * l.Rank
	m.u, m.v, m.wide = reserve(m.u, rows*wide), reserve(m.v, rows*wide), reserve(m.wide, out*wide)
	m.weight.Reserve(rows, max(out, wide), wide)
}

// reserve returns s, or a longer one when its length is less than n.
func reserve(s []float32, n int) []float32 {
	if len(s) < n {
		return make([]float32, n)
	}
	return s
}

// backward adds the gradients of A and B, Scale·(dy·B)ᵀ·x and Scale·dyᵀ·(x·Aᵀ),
// the latter only where a part meets its own rows. Members share the rows, then
// the columns.
func (l *LowRank) backward(s Share, mem *ProjectionScratch, dy, x []float32, rows, out, in int) {
	m := &mem.lowRank
	s.Wait()
	first, last := s.Range(rows)
	u := m.u[first*l.wide : last*l.wide]
	kernel.Linear(u, x[first*in:], last-first, l.packedA, kernel.Epilogue{})
	kernel.Scale(u, l.Scale)
	kernel.Linear(m.v[first*l.wide:], dy[first*out:], last-first, l.packedB, kernel.Epilogue{})
	first, last = s.Range(out)
	clear(m.wide[first*l.wide : last*l.wide])
	m.weight.Add(s, m.wide[:out*l.wide], dy, m.u, rows, out, l.wide)
	mem.weight.Add(s, l.AGrad, m.v, x, rows, l.wide, in)
	for n := first; n < last; n++ {
		part := m.wide[n*l.wide+n/l.inside*l.Rank:]
		kernel.Add(l.BGrad[n*l.Rank:], part[:l.Rank])
	}
}
