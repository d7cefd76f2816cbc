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
	if b.Texts() != 1 {
		return nil, fmt.Errorf("model: generate: %d texts, want 1", b.Texts())
	}
	texts, err := m.GenerateAll(ctx, w, b, o)
	if err != nil || len(texts[0]) == 0 {
		return nil, err
	}
	return texts[0][0], nil
}

// GenerateAll writes as many texts as there are beams of each text in b, the most
// probable first. All go through the decoder together, which does not change
// what becomes of one.
func (m *Seq2Seq) GenerateAll(ctx context.Context, w *Workspace, b *Batch, o GenerateOptions) ([][][]int32, error) {
	if !(o.Sample >= 0 && o.Sample <= 1) {
		return nil, fmt.Errorf("model: generate: tokens of a probability of %g are to be drawn from: want 0 to 1", o.Sample)
	}
	hidden, err := m.Encoder.Forward(w, b)
	if err != nil {
		return nil, err
	}
	h := m.Encoder.Config.HiddenSize
	var searches []*beamSearch
	for i := range b.Texts() {
		from, to := b.Starts[i], b.Starts[i+1]
		searches = append(searches, m.search(m.Decoder.Begin(hidden[from*h:to*h]), b.IDs[from:to], o))
	}
	for n := 1; ; n++ {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if o.Yield != nil {
			o.Yield()
		}
		if more, err := m.Decoder.write(searches, n); err != nil || !more {
			return textsOf(searches), err
		}
	}
}

// write makes the n-th token of each text that is not at its end, and says
// whether there was one.
func (d *Decoder) write(searches []*beamSearch, n int) (bool, error) {
	var going []*beamSearch
	var texts []*Decoding
	var ids []int32
	for _, s := range searches {
		if len(s.alive) > 0 && (n > s.length || s.done(n)) {
			s.end()
		}
		if len(s.alive) == 0 {
			continue
		}
		going = append(going, s)
		for _, b := range s.alive {
			texts, ids = append(texts, b.decoding), append(ids, b.ids[len(b.ids)-1])
		}
	}
	if len(going) == 0 {
		return false, nil
	}
	scores, err := d.Next(texts, ids)
	if err != nil {
		return false, err
	}
	words := len(scores) / len(texts)
	for _, s := range going {
		own := scores[:len(s.alive)*words]
		scores = scores[len(own):]
		if s.sampler != nil {
			s.drawn(own, n)
		} else {
			s.advance(s.extensions(own), n)
		}
	}
	return true, nil
}

// textsOf are the texts of searches that have ended, without the token that they
// begin with.
func textsOf(searches []*beamSearch) [][][]int32 {
	texts := make([][][]int32, len(searches))
	for i, s := range searches {
		for _, b := range s.finished {
			texts[i] = append(texts[i], b.ids[1:])
		}
	}
	return texts
}

// beamSearch follows the most probable texts, or with a sampler as many that are
// drawn.
type beamSearch struct {
	last     int32 // the token that ends a text
	width    int
	length   int
	penalty  float64
	sampler  *sampler
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

// search begins to write of a text of ids, whose last hidden state first is about.
func (m *Seq2Seq) search(first *Decoding, ids []int32, o GenerateOptions) *beamSearch {
	positions := m.Decoder.Body.Config.Positions()
	s := &beamSearch{
		last: m.End, width: max(o.Beams, 1), penalty: cmp.Or(o.Penalty, 1), length: min(cmp.Or(max(o.Length, 0), positions-1), positions-1),
	}
	s.alive = []beam{{ids: []int32{m.Start}, decoding: first}}
	if o.Sample > 0 {
		s.sampler = newSampler(o, ids)
		for range s.width - 1 {
			s.alive = append(s.alive, beam{ids: []int32{m.Start}, decoding: first.Fork()})
		}
	}
	return s
}

// done reports that no beam alive can become better than the finished ones, as
// far as its score says now.
func (s *beamSearch) done(n int) bool {
	return len(s.finished) >= s.width && s.finished[s.width-1].score >= s.alive[0].score/math.Pow(float64(max(n-1, 1)), s.penalty)
}

// extensions are the best ways to go on, twice as many as there are beams, so
// that enough are left when some end. scores are those of all words to follow
// each beam alive, a row each.
func (s *beamSearch) extensions(scores []float32) []extension {
	best, n := make([]extension, 0, 2*s.width+1), len(scores)/len(s.alive)
	for i, b := range s.alive {
		row := scores[i*n : (i+1)*n]
		total := logSum(row)
		for id, score := range row {
			best = insert(best, extension{i, int32(id), b.score + float64(score) - total})
		}
	}
	return best
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

// end finishes the beams alive as they are.
func (s *beamSearch) end() {
	for _, b := range s.alive {
		s.finish(b, len(b.ids)-1)
	}
	s.alive = nil
}

// advance makes the n-th token of each beam.
func (s *beamSearch) advance(list []extension, n int) {
	var next []beam
	for rank, x := range list {
		from := s.alive[x.beam]
		if x.id == s.last {
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
