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
	Weights   []float32 // of Documents, with the sum 1; 0 is a wrong one that each step is to see
	Without   []int     // documents that are left out of account, in ascending order
}

// AdapterOptions say how an adapter is learnt. The zero value is what was found
// good for a few thousand rankings.
type AdapterOptions struct {
	Runs         int     // whose mean is taken, each from another seed; 0 is 3
	Steps        int     // of a run; 0 is 160
	Batch        int     // rankings a step; 0 is 32
	Background   int     // further documents a step, drawn at random; 0 is 1500, negative is none
	LearningRate float64 // of Adam, falling to 0; 0 is 1e-3
	Scale        float32 // of the cosines before the softmax; 0 is 20
	Decay        float64 // pulls A towards 0: of it, the learning rate times this is taken off each step; 0 is none
	Seed         uint64
	Yield        func() // see [Control]
}

// Adapt learns a square matrix A so that the cosines of q + A·q, for a query q,
// order documents as rankings do: it minimises the divergence of the softmax of
// the cosines from the weights. Documents are of unit length and one dimension
// d, and stay as they are. It returns A, d×d, row-major, and the mean loss of
// each step over the runs. Neither the encoder nor a document is touched, so
// that a corpus is learnt in seconds.
func Adapt(ctx context.Context, rankings []Ranking, documents [][]float32, o AdapterOptions) ([]float32, []float64, error) {
	fill(&o.Runs, 3)
	fill(&o.Steps, 160)
	fill(&o.Batch, 32)
	fill(&o.Background, 1500)
	fill(&o.LearningRate, 1e-3)
	fill(&o.Scale, 20)
	if err := checkRankings(rankings, documents); err != nil {
		return nil, nil, err
	}
	d := len(documents[0])
	sum, losses := make([]float32, d*d), make([]float64, o.Steps)
	for run := range o.Runs {
		p := newAdapting(rankings, documents, o, mixSeed(o.Seed, uint64(run)))
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

// adapting is one run of Adapt.
type adapting struct {
	rankings  []Ranking
	documents [][]float32
	o         AdapterOptions
	random    *rand.Rand
	share     nn.Share
	matrix    nn.Projection
	scratch   nn.ProjectionScratch
	optimizer *AdamW

	x, z, dz []float32 // queries×d: as they are, adapted, and the gradient of that
}

func newAdapting(rankings []Ranking, documents [][]float32, o AdapterOptions, seed uint64) *adapting {
	d := len(documents[0])
	p := &adapting{
		rankings: rankings, documents: documents, o: o, random: rand.New(rand.NewPCG(seed, 0x9e0)),
		share:  nn.Alone(o.Yield),
		matrix: nn.Projection{Out: d, In: d, Weight: make([]float32, d*d), WeightGrad: make([]float32, d*d)},
	}
	p.optimizer = NewAdamW([]*model.Param{{Name: "adapter", Value: p.matrix.Weight, Grad: p.matrix.WeightGrad, Decay: true, Shape: []int{d, d}}}, AdamWOptions{Decay: o.Decay})
	p.matrix.Frozen = true // nothing goes back through it
	p.matrix.Refresh(p.share)
	return p
}

// step learns from one batch and returns its loss.
func (p *adapting) step(rate float64) float64 {
	batch, chosen := p.draw()
	rows, d := len(batch), p.matrix.In
	p.x = p.x[:0]
	for _, i := range batch {
		p.x = append(p.x, p.rankings[i].Query...)
	}
	p.z, p.dz = resized(p.z, rows*d), resized(p.dz, rows*d)
	p.matrix.Forward(p.share, p.z, p.x, rows, p.x)
	unit := slices.Clone(p.z)
	clear(p.dz)
	loss := 0.0
	for i, ranking := range batch {
		at, to := i*d, (i+1)*d
		nn.Normalize(unit[at:to])
		loss += p.compare(unit[at:to], p.dz[at:to], chosen, &p.rankings[ranking]) / float64(rows)
		nn.NormalizeBackward(p.dz[at:to], p.z[at:to])
	}
	kernel.Scale(p.dz, 1/float32(rows))
	clear(p.matrix.WeightGrad)
	p.scratch.Reserve(&p.matrix, rows)
	p.matrix.Backward(p.share, &p.scratch, nil, p.dz, p.x, rows, nil)
	p.optimizer.Step(rate)
	p.matrix.Refresh(p.share)
	return loss
}

// draw chooses rankings, and the documents that they are compared over.
func (p *adapting) draw() (batch, documents []int) {
	for range p.o.Batch {
		batch = append(batch, p.random.IntN(len(p.rankings)))
	}
	for _, i := range batch {
		documents = append(documents, p.rankings[i].Documents...)
	}
	for range max(min(p.o.Background, len(p.documents)), 0) {
		documents = append(documents, p.random.IntN(len(p.documents)))
	}
	slices.Sort(documents)
	return batch, slices.Compact(documents)
}

// compare returns the cross entropy of a query of unit length over the chosen
// documents, and adds its gradient to dq.
func (p *adapting) compare(query, dq []float32, chosen []int, r *Ranking) float64 {
	scores := make([]float32, len(chosen))
	for k, document := range chosen {
		scores[k] = p.o.Scale * kernel.Dot(query, p.documents[document])
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
	for k, g := range scores {
		if g != 0 {
			kernel.Axpy(dq, g*p.o.Scale, p.documents[chosen[k]])
		}
	}
	return loss
}

// resized returns s with n values, allocated again if it must be.
func resized(s []float32, n int) []float32 {
	return slices.Grow(s[:0], n)[:n]
}
