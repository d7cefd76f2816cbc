package model

import (
	"github.com/bertsearch/bertsearch/internal/kernel"
	"github.com/bertsearch/bertsearch/internal/nn"
)

// chunkRows is the most rows of a chunk of several texts.
const chunkRows = 1024

// trainingSpace is the memory of passes: what one chunk needs while it is
// worked on, and what tapes keep, in pieces of one size that are used again.
type trainingSpace struct {
	rows    int // of the largest chunk so far
	pass    pass
	sums    [][]float32 // free pieces of rows×H
	rests   [][]float32 // free pieces of rows×(5H+I)
	inUse   int64       // bytes of rests that tapes hold
	scratch kept        // of a layer that is not kept
}

// pass is the working memory of one chunk on its way, rows×H unless it says
// otherwise, and what the way depends on.
type pass struct {
	chunk *chunk
	drop  kernel.Dropout
	heads kernel.Heads
	act   kernel.Activation

	x      []float32 // the input of the layer at hand, then its output
	a      []float32 // output of a layer's first normalisation
	active []float32 // rows×I: output of the activation
	d      []float32 // gradient of what comes out of an operation
	dsum   []float32 // gradient of what goes into a normalisation
	masked []float32 // the same after dropout
	dinner []float32 // rows×I
	dqkv   []float32 // rows×3H

	norms       nn.NormScratch
	projections nn.ProjectionScratch
	members     []trainingMember
	whole       trainingBuffers
}

// trainingMember is what each member of a team needs for itself.
type trainingMember struct {
	row       []float32 // H
	attention kernel.Scratch
	training  kernel.TrainingScratch
}

func (p *pass) own(s nn.Share) *trainingMember { return &p.members[s.Index()] }
