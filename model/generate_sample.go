package model

import (
	"cmp"
	"context"
	"encoding/binary"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/bertsearch/bertsearch/internal/kernel"
)

// sampler draws tokens.
type sampler struct {
	share  float64 // of the probability that the tokens drawn from have
	random *rand.Rand
}

// newSampler draws for the text of ids: what comes out depends on that and on the
// seed alone.
func newSampler(o GenerateOptions, ids []int32) *sampler {
	h := fnv.New64a()
	for _, id := range ids {
		_, _ = h.Write(binary.LittleEndian.AppendUint32(nil, uint32(id))) // never fails
	}
	return &sampler{o.Sample, rand.New(rand.NewPCG(o.Seed, h.Sum64()))}
}

// sample draws as many texts as the width says.
func (s *beamSearch) sample(ctx context.Context, first *Decoding, start int32, from *sampler) error {
	for range s.width {
		s.alive = append(s.alive, beam{ids: []int32{start}, decoding: first.Fork()})
	}
	for n := 1; n <= s.length && len(s.alive) > 0; n++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		scores, err := s.next()
		if err != nil {
			return err
		}
		s.drawn(scores, from, n)
	}
	for _, b := range s.alive {
		s.finish(b, s.length)
	}
	return nil
}

// drawn draws the n-th token of each beam alive.
func (s *beamSearch) drawn(scores []float32, from *sampler, n int) {
	words := len(scores) / len(s.alive)
	var alive []beam
	for i, b := range s.alive {
		id, probability := from.draw(scores[i*words : (i+1)*words])
		if b.score += math.Log(probability); id == s.end {
			s.finish(b, n)
			continue
		}
		b.ids = append(b.ids, id)
		alive = append(alive, b)
	}
	s.alive = alive
}

// draw returns a token and the probability that the model gives it. scores are
// used up.
func (s *sampler) draw(scores []float32) (id int32, probability float64) {
	kernel.Softmax(scores)
	// Tokens below this are less than 1−share together: those to draw from are
	// above it, and few.
	least := float32((1 - s.share) / float64(len(scores)))
	var likely []int32
	for i, p := range scores {
		if p >= least {
			likely = append(likely, int32(i))
		}
	}
	slices.SortStableFunc(likely, func(a, b int32) int { return cmp.Compare(scores[b], scores[a]) })
	sum, n := 0.0, 0
	for n < len(likely) && (n == 0 || sum < s.share) {
		sum += float64(scores[likely[n]])
		n++
	}
	at := s.random.Float64() * sum
	for _, id = range likely[:n] {
		if at -= float64(scores[id]); at < 0 {
			break
		}
	}
	return id, float64(scores[id])
}
