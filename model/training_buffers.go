package model

import "github.com/bertsearch/bertsearch/internal/nn"

// trainingBuffers is the memory of a pass at its largest, of which a chunk uses
// the beginnings.
type trainingBuffers struct {
	x, a, active, d, dsum, masked, dinner, dqkv []float32
}

// fit cuts the pass's memory to a chunk of rows rows.
func (p *pass) fit(rows int, c Config) {
	h, inner, w := rows*c.HiddenSize, rows*c.IntermediateSize, &p.whole
	p.x, p.a, p.d, p.dsum, p.masked = w.x[:h], w.a[:h], w.d[:h], w.dsum[:h], w.masked[:h]
	p.active, p.dinner, p.dqkv = w.active[:inner], w.dinner[:inner], w.dqkv[:3*h]
}

// reserve makes room for the largest chunk of a tape and for the team.
func (t *Trainable) reserve(team *nn.Team, tape *Tape) {
	members := 1
	if team != nil {
		members = team.Count()
	}
	c, p := t.Config(), &t.space.pass
	for len(p.members) < members {
		p.members = append(p.members, trainingMember{row: make([]float32, c.HiddenSize)})
	}
	rows := chunkRows
	for i := range tape.chunks {
		rows = max(rows, tape.chunks[i].rows())
	}
	if rows <= t.space.rows {
		return
	}
	t.space.rows = rows
	h, inner, w, s := rows*c.HiddenSize, rows*c.IntermediateSize, &p.whole, &t.space.scratch
	for _, b := range []*[]float32{&w.x, &w.a, &w.d, &w.dsum, &w.masked, &s.attended, &s.middle, &s.sum} {
		*b = make([]float32, h)
	}
	for _, b := range []*[]float32{&w.active, &w.dinner, &s.inner} {
		*b = make([]float32, inner)
	}
	w.dqkv, s.qkv = make([]float32, 3*h), make([]float32, 3*h)
	p.norms.Reserve(rows, c.HiddenSize)
	for i := range t.layers {
		for _, l := range t.layers[i].projections() {
			p.projections.Reserve(l, rows)
		}
	}
}
