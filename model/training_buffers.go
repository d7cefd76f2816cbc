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

// reserve makes room for rows rows and members of a team.
func (p *pass) reserve(members, rows int, c Config) {
	for len(p.members) < members {
		p.members = append(p.members, trainingMember{row: make([]float32, c.HiddenSize)})
	}
	h, inner, w := rows*c.HiddenSize, rows*c.IntermediateSize, &p.whole
	if h <= len(w.x) {
		return
	}
	for _, b := range []*[]float32{&w.x, &w.a, &w.d, &w.dsum, &w.masked} {
		*b = make([]float32, h)
	}
	w.active, w.dinner, w.dqkv = make([]float32, inner), make([]float32, inner), make([]float32, 3*h)
	p.norms.Reserve(rows, c.HiddenSize)
}

// membersOf is the number of members of a team; nil is one.
func membersOf(team *nn.Team) int {
	if team == nil {
		return 1
	}
	return team.Count()
}

// reserve makes room for the largest chunk of a tape and for the team.
func (t *Trainable) reserve(team *nn.Team, tape *Tape) {
	rows := max(chunkRows, t.space.rows)
	for i := range tape.chunks {
		rows = max(rows, tape.chunks[i].rows())
	}
	c, p := t.Config(), &t.space.pass
	p.reserve(membersOf(team), rows, c)
	if rows == t.space.rows {
		return
	}
	t.space.rows = rows
	h, s := rows*c.HiddenSize, &t.space.scratch
	for _, b := range []*[]float32{&s.attended, &s.middle, &s.sum} {
		*b = make([]float32, h)
	}
	s.qkv, s.inner = make([]float32, 3*h), make([]float32, rows*c.IntermediateSize)
	for i := range t.layers {
		for _, l := range t.layers[i].projections() {
			p.projections.Reserve(l, rows)
		}
	}
}
