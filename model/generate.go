package model

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
)

// GenerateOptions say how a text is written. The zero value takes the most
// probable token each time.
type GenerateOptions struct {
	Length  int     // most tokens; 0 is as many as the decoder has positions
	Beams   int     // texts that are followed at a time; 0 is 1
	Penalty float64 // power of the length that log probabilities are divided by, at the end; 0 is 1
	// Sample draws the texts, as many as there are beams, in place of following the
	// most probable: each token from the fewest tokens that have this probability
	// together (nucleus sampling: Holtzman et al. 2020, arXiv:1904.09751). 0 draws
	// nothing. The same Seed draws the same of a text.
	Sample float64
	Seed   uint64
	// Yield is called before each token, and may wait there while the machine
	// has something more urgent to do; nil is never.
	Yield func()
}

// Generate writes the text that the decoder makes of the one text in b, as
// tokens without the first and the last special one.
func (m *Seq2Seq) Generate(ctx context.Context, w *Workspace, b *Batch, o GenerateOptions) ([]int32, error) {
	texts, err := m.GenerateAll(ctx, w, b, o)
	if len(texts) == 0 {
		return nil, err
	}
	return texts[0], err
}

// GenerateAll is Generate of as many texts as there are beams, the most
// probable first.
func (m *Seq2Seq) GenerateAll(ctx context.Context, w *Workspace, b *Batch, o GenerateOptions) ([][]int32, error) {
	if b.Texts() != 1 {
		return nil, fmt.Errorf("model: generate: %d texts, want 1", b.Texts())
	}
	if !(o.Sample >= 0 && o.Sample <= 1) {
		return nil, fmt.Errorf("model: generate: tokens of a probability of %g are to be drawn from: want 0 to 1", o.Sample)
	}
	hidden, err := m.Encoder.Forward(w, b)
	if err != nil {
		return nil, err
	}
	positions := m.Decoder.Body.Config.Positions()
	s := &beamSearch{
		end: m.End, width: max(o.Beams, 1), penalty: cmp.Or(o.Penalty, 1), length: min(cmp.Or(max(o.Length, 0), positions-1), positions-1),
		yield: o.Yield,
	}
	first := m.Decoder.Begin(hidden)
	if o.Sample > 0 {
		err = s.sample(ctx, first, m.Start, newSampler(o, b.IDs))
	} else {
		err = s.search(ctx, first, m.Start)
	}
	return s.texts(), err
}

// beamSearch follows the most probable texts.
type beamSearch struct {
	end      int32
	width    int
	length   int
	penalty  float64
	yield    func()
	alive    []beam
	finished []beam // best first
}

// beam is a text in the making.
type beam struct {
	ids      []int32
	score    float64 // sum of log probabilities; of a finished one over its length
	decoding *Decoding
}

// extension is a token that may follow a beam.
type extension struct {
	beam  int
	id    int32
	score float64
}

// search follows the texts that are the most probable so far, as many as the
// width says.
func (s *beamSearch) search(ctx context.Context, first *Decoding, start int32) error {
	s.alive = []beam{{ids: []int32{start}, decoding: first}}
	for n := 1; n <= s.length && len(s.alive) > 0 && !s.done(n); n++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		list, err := s.extensions()
		if err != nil {
			return err
		}
		s.advance(list, n)
	}
	for _, b := range s.alive {
		s.finish(b, len(b.ids)-1)
	}
	return nil
}

// texts are the finished ones, without the token that they begin with.
func (s *beamSearch) texts() (texts [][]int32) {
	for _, b := range s.finished {
		texts = append(texts, b.ids[1:])
	}
	return texts
}

// done reports that no beam alive can become better than the finished ones, as
// far as its score says now.
func (s *beamSearch) done(n int) bool {
	return len(s.finished) >= s.width && s.finished[s.width-1].score >= s.alive[0].score/math.Pow(float64(max(n-1, 1)), s.penalty)
}

// extensions are the best ways to go on, twice as many as there are beams, so
// that enough are left when some end.
func (s *beamSearch) extensions() ([]extension, error) {
	scores, err := s.next()
	if err != nil {
		return nil, err
	}
	best, n := make([]extension, 0, 2*s.width+1), len(scores)/len(s.alive)
	for i, b := range s.alive {
		row := scores[i*n : (i+1)*n]
		total := logSum(row)
		for id, score := range row {
			best = insert(best, extension{i, int32(id), b.score + float64(score) - total})
		}
	}
	return best, nil
}

// next returns the scores of all words to follow each beam alive, a row each.
func (s *beamSearch) next() ([]float32, error) {
	if s.yield != nil {
		s.yield()
	}
	texts, ids := make([]*Decoding, len(s.alive)), make([]int32, len(s.alive))
	for i, b := range s.alive {
		texts[i], ids[i] = b.decoding, b.ids[len(b.ids)-1]
	}
	return texts[0].decoder.Next(texts, ids)
}

// insert puts x in its place in list, best first and the earlier of equals
// first, which keeps one place less than its capacity.
func insert(list []extension, x extension) []extension {
	most := cap(list) - 1
	if len(list) == most && !(x.score > list[most-1].score) {
		return list
	}
	at, _ := slices.BinarySearchFunc(list, x, func(e, x extension) int {
		if e.score >= x.score {
			return -1
		}
		return 1
	})
	list = slices.Insert(list, at, x)
	return list[:min(len(list), most)]
}

// logSum is log Σ exp(x).
func logSum(x []float32) float64 {
	most := float64(slices.Max(x))
	sum := 0.0
	for _, v := range x {
		sum += math.Exp(float64(v) - most)
	}
	return most + math.Log(sum)
}

// advance makes the n-th token of each beam.
func (s *beamSearch) advance(list []extension, n int) {
	var next []beam
	for rank, x := range list {
		from := s.alive[x.beam]
		if x.id == s.end {
			if rank < s.width {
				s.finish(beam{ids: from.ids, score: x.score}, n)
			}
			continue
		}
		if len(next) < s.width {
			next = append(next, beam{append(slices.Clone(from.ids), x.id), x.score, from.decoding.Fork()})
		}
	}
	s.alive = next
}

// finish lists a beam of n tokens, the last special one counted, as finished.
func (s *beamSearch) finish(b beam, n int) {
	b.score /= math.Pow(float64(max(n, 1)), s.penalty)
	s.finished = append(s.finished, b)
	slices.SortStableFunc(s.finished, func(a, b beam) int { return cmp.Compare(b.score, a.score) })
	s.finished = s.finished[:min(len(s.finished), s.width)]
}
