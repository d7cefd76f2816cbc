package model

import (
	"container/heap"
	"encoding/binary"
	"hash/fnv"
	"math"
	"math/rand/v2"

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

// drawn draws the n-th token of each beam alive, of scores as [beamSearch.extensions]
// takes.
func (s *beamSearch) drawn(scores []float32, n int) {
	words := len(scores) / len(s.alive)
	var alive []beam
	for i, b := range s.alive {
		id, probability := s.sampler.draw(scores[i*words : (i+1)*words])
		if b.score += math.Log(probability); id == s.last {
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
	rest := &likeliest{scores: scores}
	for i, p := range scores {
		if p >= least {
			rest.ids = append(rest.ids, int32(i))
		}
	}
	heap.Init(rest)
	var nucleus []int32
	sum := 0.0
	for rest.Len() > 0 && (len(nucleus) == 0 || sum < s.share) {
		id = heap.Pop(rest).(int32)
		nucleus = append(nucleus, id)
		sum += float64(scores[id])
	}
	at := s.random.Float64() * sum
	for _, id = range nucleus {
		if at -= float64(scores[id]); at < 0 {
			break
		}
	}
	return id, float64(scores[id])
}

// likeliest is a heap of tokens, the most probable first and the lower of equals.
type likeliest struct {
	scores []float32
	ids    []int32
}

func (l *likeliest) Len() int      { return len(l.ids) }
func (l *likeliest) Swap(i, j int) { l.ids[i], l.ids[j] = l.ids[j], l.ids[i] }
func (l *likeliest) Push(x any)    { l.ids = append(l.ids, x.(int32)) }

func (l *likeliest) Less(i, j int) bool {
	a, b := l.ids[i], l.ids[j]
	return l.scores[a] > l.scores[b] || l.scores[a] == l.scores[b] && a < b
}

func (l *likeliest) Pop() any {
	last := l.ids[len(l.ids)-1]
	l.ids = l.ids[:len(l.ids)-1]
	return last
}
