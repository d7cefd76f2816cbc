package model

import (
	"github.com/bertsearch/bertsearch/internal/kernel"
	"github.com/bertsearch/bertsearch/internal/nn"
)

// Workspace is the memory of a forward pass. The zero value is ready; it grows
// to the largest batch it has seen, about rows×(5·hidden + intermediate)
// float32, and then a pass allocates nothing. It is used by one pass at a time.
type Workspace struct {
	// Yield is called between pieces of a pass of about a millisecond, to let
	// more urgent work go first; nil is never.
	Yield func()

	hidden    []float32 // rows×H: input and output of a layer
	attended  []float32 // rows×H
	qkv       []float32 // rows×3H
	inner     []float32 // rows×I
	pooled    []float32 // one text's pooled vector
	projected []float32 // and what a Dense module makes of it
	members   []memberSpace
	bytes     int8Space // of a model in bytes

	team *nn.Team
}

// memberSpace is what each member of a team needs for itself.
type memberSpace struct {
	row       []float32 // H
	attention kernel.Scratch
}

// NewWorkspace returns a workspace whose passes are shared by a team of count
// goroutines: for single queries, where waiting for one core would be felt.
// Close ends the team.
func NewWorkspace(count int) *Workspace {
	if count < 2 {
		return &Workspace{}
	}
	return &Workspace{team: nn.NewTeam(count), members: make([]memberSpace, count)}
}

// Close ends the workspace's team, if it has one.
func (w *Workspace) Close() {
	if w.team != nil {
		w.team.Close()
	}
}

// reserve makes room for a batch of rows tokens.
func (w *Workspace) reserve(c Config, rows int) {
	w.hidden = grow(w.hidden, rows*c.HiddenSize)
	w.attended = grow(w.attended, rows*c.HiddenSize)
	w.qkv = grow(w.qkv, rows*3*c.HiddenSize)
	w.inner = grow(w.inner, rows*c.IntermediateSize)
	if w.members == nil {
		w.members = make([]memberSpace, 1)
	}
	for i := range w.members {
		w.members[i].row = grow(w.members[i].row, c.HiddenSize)
	}
}

// grow returns s with length n, newly allocated when its capacity is less.
func grow(s []float32, n int) []float32 {
	if cap(s) < n {
		return make([]float32, n)
	}
	return s[:n]
}
