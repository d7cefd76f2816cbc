package train

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/bertsearch/bertsearch/internal/kernel"
	"github.com/bertsearch/bertsearch/internal/nn"
	"github.com/bertsearch/bertsearch/model"
)

// A Ranking is how documents should stand to a query: a distribution over the
// best of them.
type Ranking struct {
	Query     []float32 // of unit length
	Documents []int     // places among the documents
	Weights   []float32 // of Documents, with the sum 1
	Without   []int     // documents that are left out of account, in ascending order
}

// ProjectionOptions say how a projection is learnt. The zero value is what was
// found good for a few thousand rankings.
type ProjectionOptions struct {
	Runs         int     // whose mean is taken, each from another seed; 0 is 3
	Steps        int     // of a run; 0 is 80
	Batch        int     // rankings a step; 0 is 32
	Background   int     // further documents a step, drawn at random; 0 is 1500
	LearningRate float64 // of Adam, falling to 0; 0 is 2e-3
	Scale        float32 // of the cosines before the softmax; 0 is 20
	Seed         uint64
	Yield        func() // see [Control]
}

// Project learns a square matrix A so that the cosines of x + A·x order
// documents as rankings do: it minimises the divergence of the softmax of the
// cosines from the weights. Documents are of unit length and one dimension d.
// It returns A, d×d, row-major, and the mean loss of each step over the runs.
// The encoder is not touched, so that a corpus is learnt in seconds.
func Project(ctx context.Context, rankings []Ranking, documents [][]float32, o ProjectionOptions) ([]float32, []float64, error) {
	fill(&o.Runs, 3)
	fill(&o.Steps, 80)
	fill(&o.Batch, 32)
	fill(&o.Background, 1500)
	fill(&o.LearningRate, 2e-3)
	fill(&o.Scale, 20)
	if err := checkRankings(rankings, documents); err != nil {
		return nil, nil, err
	}
	d := len(documents[0])
	sum, losses := make([]float32, d*d), make([]float64, o.Steps)
	for run := range o.Runs {
		p := newProjecting(rankings, documents, o, mixSeed(o.Seed, uint64(run)))
		for step := range o.Steps {
			if err := ctx.Err(); err != nil {
				return nil, nil, err
			}
			losses[step] += p.step(o.LearningRate*(1-float64(step)/float64(o.Steps))) / float64(o.Runs)
		}
		kernel.Add(sum, p.matrix.Weight)
	}
	kernel.Scale(sum, 1/float32(o.Runs))
	return sum, losses, nil
}

// checkRankings reports the first ranking that is of no use.
func checkRankings(rankings []Ranking, documents [][]float32) error {
	if len(rankings) == 0 || len(documents) == 0 {
		return fmt.Errorf("train: %d rankings of %d documents: nothing to learn from", len(rankings), len(documents))
	}
	d := len(documents[0])
	for i, x := range documents {
		if len(x) != d {
			return fmt.Errorf("train: document %d has %d dimensions, the first %d", i, len(x), d)
		}
	}
	for i, r := range rankings {
		if len(r.Query) != d || len(r.Documents) == 0 || len(r.Documents) != len(r.Weights) {
			return fmt.Errorf("train: ranking %d: a query of %d dimensions, %d documents, %d weights", i, len(r.Query), len(r.Documents), len(r.Weights))
		}
		for _, k := range r.Documents {
			if k < 0 || k >= len(documents) {
				return fmt.Errorf("train: ranking %d: document %d of %d", i, k, len(documents))
			}
		}
	}
	return nil
}

// projecting is one run of Project.
type projecting struct {
	rankings  []Ranking
	documents [][]float32
	o         ProjectionOptions
	random    *rand.Rand
	share     nn.Share
	matrix    nn.Projection
	scratch   nn.ProjectionScratch
	optimizer *AdamW

	x, z, dz []float32 // rows×d: queries, then documents; what comes out; its gradient
}

func newProjecting(rankings []Ranking, documents [][]float32, o ProjectionOptions, seed uint64) *projecting {
	d := len(documents[0])
	p := &projecting{
		rankings: rankings, documents: documents, o: o, random: rand.New(rand.NewPCG(seed, 0x9e0)),
		share:  nn.Alone(o.Yield),
		matrix: nn.Projection{Out: d, In: d, Weight: make([]float32, d*d), WeightGrad: make([]float32, d*d)},
	}
	p.optimizer = NewAdamW([]*model.Param{{Name: "projection", Value: p.matrix.Weight, Grad: p.matrix.WeightGrad, Shape: []int{d, d}}}, AdamWOptions{})
	p.matrix.Frozen = true // nothing goes back through it
	p.matrix.Refresh(p.share)
	return p
}

// step learns from one batch and returns its loss.
func (p *projecting) step(rate float64) float64 {
	batch, chosen := p.draw()
	rows, d := len(batch)+len(chosen), p.matrix.In
	p.x = p.x[:0]
	for _, i := range batch {
		p.x = append(p.x, p.rankings[i].Query...)
	}
	for _, k := range chosen {
		p.x = append(p.x, p.documents[k]...)
	}
	p.z, p.dz = resized(p.z, rows*d), resized(p.dz, rows*d)
	p.matrix.Forward(p.share, p.z, p.x, rows, p.x)
	unit := slices.Clone(p.z)
	for i := range rows {
		nn.Normalize(unit[i*d : (i+1)*d])
	}
	clear(p.dz)
	loss := 0.0
	for i, ranking := range batch {
		loss += p.compare(i, len(batch), chosen, &p.rankings[ranking], unit) / float64(len(batch))
	}
	for i := range rows {
		nn.NormalizeBackward(p.dz[i*d:(i+1)*d], p.z[i*d:(i+1)*d])
	}
	clear(p.matrix.WeightGrad)
	p.scratch.Reserve(&p.matrix, rows)
	p.matrix.Backward(p.share, &p.scratch, nil, p.dz, p.x, rows, nil)
	p.optimizer.Step(rate)
	p.matrix.Refresh(p.share)
	return loss
}

// draw chooses rankings, and the documents that they are compared over.
func (p *projecting) draw() (batch, documents []int) {
	for range p.o.Batch {
		batch = append(batch, p.random.IntN(len(p.rankings)))
	}
	for _, i := range batch {
		documents = append(documents, p.rankings[i].Documents...)
	}
	for range min(p.o.Background, len(p.documents)) {
		documents = append(documents, p.random.IntN(len(p.documents)))
	}
	slices.Sort(documents)
	return batch, slices.Compact(documents)
}

// compare returns the cross entropy of query i of the batch, and adds the
// gradients of its unit vector and of those of the documents to dz.
func (p *projecting) compare(i, queries int, chosen []int, r *Ranking, unit []float32) float64 {
	d := p.matrix.In
	query := unit[i*d : (i+1)*d]
	scores := make([]float32, len(chosen))
	for k, document := range chosen {
		row := queries + k
		scores[k] = p.o.Scale * kernel.Dot(query, unit[row*d:(row+1)*d])
		if _, without := slices.BinarySearch(r.Without, document); without {
			scores[k] = float32(math.Inf(-1))
		}
	}
	kernel.Softmax(scores)
	loss := 0.0
	for n, document := range r.Documents {
		k, _ := slices.BinarySearch(chosen, document)
		loss -= float64(r.Weights[n]) * math.Log(max(float64(scores[k]), 1e-30))
		scores[k] -= r.Weights[n] // the gradient of the scores, from here on
	}
	step := p.o.Scale / float32(queries)
	for k, g := range scores {
		if row := queries + k; g != 0 {
			kernel.Axpy(p.dz[i*d:(i+1)*d], g*step, unit[row*d:(row+1)*d])
			kernel.Axpy(p.dz[row*d:(row+1)*d], g*step, query)
		}
	}
	return loss
}

// resized returns s with n values, allocated again if it must be.
func resized(s []float32, n int) []float32 {
	return slices.Grow(s[:0], n)[:n]
}
