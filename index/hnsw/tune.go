package hnsw

import (
	"math"
	"math/rand/v2"
	"slices"
	"sync/atomic"

	"github.com/bertsearch/bertsearch/index"
)

// tuning is the number of candidates that searches keep, and what the index
// measured when it chose it.
type tuning struct {
	ef     atomic.Int32 // 0 until measured
	recall float64
	live   int // labels present when it was measured
}

const (
	// firstEf is used until the index has measured itself.
	firstEf = 64
	// tuneFloor is the number of vectors from which measuring makes sense:
	// below it a scan is as fast as a walk.
	tuneFloor = 1000
	tuneK     = 10
	// tuneNoise is the length of the random vector added to a row on the way
	// to a place between rows: a cosine of 0.8 between the two.
	tuneNoise = 0.75
)

// ladder are the numbers of candidates that tuning chooses from. A target
// below strictRecall may be met with any of them; above it the first few are
// left out, as real questions can be farther from the data than the samples
// are. Where no rung meets the target searches compare all rows.
var ladder = []int{
	10, 12, 16, 20, 24, 32, 40, 48, 64, 80, firstStrict, 128, 160, 192, 256, 320, 400, 512, 640, 800,
	1024, 1280, 1600, 2048, everyRow,
}

const (
	strictRecall = 0.98
	firstStrict  = 96
	// everyRow is more candidates than any index has rows.
	everyRow = 1 << 30
)

// efSearch is the number of candidates that a search keeps by default.
func (x *Index) efSearch() int {
	if x.options.EfSearch > 0 {
		return x.options.EfSearch
	}
	if ef := x.tuning.ef.Load(); ef > 0 {
		return int(ef)
	}
	return firstEf
}

// tune measures again when the index has become twice or half as large since
// it last did.
func (x *Index) tune() {
	live := x.set.Live()
	t := &x.tuning
	if live < tuneFloor || live < 2*t.live && live > t.live/2 {
		return
	}
	t.live = live
	samples := x.sample()
	if x.options.EfSearch > 0 {
		t.recall = x.measure(samples, x.options.EfSearch)[hiddenRow]
		return
	}
	t.ef.Store(int32(x.lowest(samples)))
}

// lowest finds the lowest rung of the ladder that meets the target, by
// halving, and notes its recall.
func (x *Index) lowest(samples []sample) int {
	low, high := 0, len(ladder)-1
	if x.options.Recall > strictRecall {
		low = slices.Index(ladder, firstStrict)
	}
	x.tuning.recall = 1 // of comparing every row
	for low < high {
		middle := (low + high) / 2
		if recall := x.measure(samples, ladder[middle]); x.enough(recall) {
			high, x.tuning.recall = middle, recall[hiddenRow]
		} else {
			low = middle + 1
		}
	}
	return ladder[high]
}

// enough reports whether the recall of each kind meets the target.
func (x *Index) enough(recall [sampleKinds]float64) bool {
	for kind, r := range recall {
		if 1-r > missesOf[kind]*(1-x.options.Recall) {
			return false
		}
	}
	return true
}

// sample is a query and what exact search finds for it.
type sample struct {
	kind   int
	query  []float32
	hidden uint32 // a row that neither walks nor exact search may see
	top    index.Top
	truth  []index.Match
}

// The kinds of samples: a row that is hidden while the others are searched
// for it, which lies as the data does; and a place between two rows, as when
// somebody looks for what is not there.
const (
	hiddenRow = iota
	betweenRows
	sampleKinds
)

var (
	// samplesOf is how many of each kind are measured.
	samplesOf = [sampleKinds]int{hiddenRow: 256, betweenRows: 64}
	// missesOf is the share of the truth that may be missed, in parts of what
	// the target allows. Of its own kind the index aims half-way between the
	// target and perfection, as samples are few. Places between rows are
	// worse than any question: in 40,000 sentences they need an ef of 1,280
	// where real ones need 48.
	missesOf = [sampleKinds]float64{hiddenRow: 0.5, betweenRows: 5}
)

// sample makes queries of random live rows.
func (x *Index) sample() []sample {
	random := rand.New(rand.NewPCG(x.options.Seed, uint64(x.set.Live())))
	var samples []sample
	for kind, count := range samplesOf {
		for range count {
			samples = append(samples, x.newSample(kind, random))
		}
	}
	x.parallel(len(samples), truthShare, func(w *walker, from, to int) { w.findTruth(samples[from:to]) })
	x.timeScan(samples[0].query)
	return samples
}

// timeScan makes what a scan costs known before a search has to choose.
func (x *Index) timeScan(query []float32) {
	w := x.walkers.Get().(*walker)
	defer x.walkers.Put(w)
	w.begin()
	w.setVector(query)
	w.top.Reset(tuneK)
	_ = w.scan(nil) // damage is met again by whoever needs an answer
}

// newSample makes a sample of a kind.
func (x *Index) newSample(kind int, random *rand.Rand) sample {
	id := x.randomRow(random)
	row := x.layout.vector(x.set.View(), id)
	if kind == hiddenRow {
		return sample{kind: kind, query: slices.Clone(row), hidden: id}
	}
	q := disturb(row, random)
	for j, value := range disturb(x.layout.vector(x.set.View(), x.randomRow(random)), random) {
		q[j] += value
	}
	normalise(q)
	return sample{kind: kind, query: q, hidden: noNode}
}

// truthShare is the number of samples that are compared with a row at a time,
// so that rows are read from memory once for that many.
const truthShare = 16

// findTruth sets the truth of samples by exact search.
func (w *walker) findTruth(samples []sample) {
	w.begin()
	for i := range samples {
		samples[i].top.Reset(tuneK + 1)
	}
	ids, v := w.ids[:0], w.view
	used := min(w.x.set.Used(), v.Capacity)
	for id := range used {
		if !v.Head(id).Dead() {
			ids = append(ids, id)
		}
		if len(ids) < scanBatch && id+1 < used {
			continue
		}
		if w.x.believe(ids) != nil {
			break
		}
		for i := range samples {
			copy(w.vector, samples[i].query)
			w.offer(&samples[i].top, ids)
		}
		ids = ids[:0]
	}
	for i := range samples {
		s := &samples[i]
		s.truth = s.top.Sorted()
		if s.hidden != noNode {
			label := v.Head(s.hidden).Label()
			s.truth = slices.DeleteFunc(s.truth, func(m index.Match) bool { return m.Label == label })
		}
		s.truth = s.truth[:min(tuneK, len(s.truth))]
	}
}

// randomRow is a random live row other than the entry, where walks begin.
func (x *Index) randomRow(random *rand.Rand) uint32 {
	v, first := x.set.View(), entry(x.entry.Load()).id()
	for {
		if id := random.Uint32N(x.set.Used()); id != first && !v.Head(id).Dead() {
			return id
		}
	}
}

// disturb returns v with noise, normalised.
func disturb(v []float32, random *rand.Rand) []float32 {
	noise := tuneNoise / math.Sqrt(float64(len(v)))
	q := make([]float32, len(v))
	for i, value := range v {
		q[i] = value + float32(noise*random.NormFloat64())
	}
	normalise(q)
	return q
}

func normalise(v []float32) {
	var square float64
	for _, x := range v {
		square += float64(x) * float64(x)
	}
	scale := float32(1 / math.Sqrt(max(square, math.SmallestNonzeroFloat32)))
	for i := range v {
		v[i] *= scale
	}
}

// measure returns the recall of walks with ef candidates for each kind.
func (x *Index) measure(samples []sample, ef int) (recall [sampleKinds]float64) {
	var hits, total [sampleKinds]atomic.Int64
	wide := x.widened(max(ef, tuneK), x.set.Live())
	x.each(len(samples), func(w *walker, i int) {
		s := &samples[i]
		total[s.kind].Add(int64(len(s.truth)))
		hits[s.kind].Add(int64(w.hits(s, wide)))
	})
	for kind := range recall {
		recall[kind] = float64(hits[kind].Load()) / float64(max(1, total[kind].Load()))
	}
	return recall
}

// hits is how much of a sample's truth a walk with ef candidates finds.
func (w *walker) hits(s *sample, ef int) int {
	w.begin()
	w.setVector(s.query)
	w.hidden = s.hidden
	defer func() { w.hidden = noNode }()
	w.walk(plan{ef: ef}, nil)
	if w.rescore(tuneK) != nil {
		return 0
	}
	count, found := 0, w.top.Sorted()
	for _, t := range s.truth {
		if slices.ContainsFunc(found, func(m index.Match) bool { return m.Label == t.Label }) {
			count++
		}
	}
	return count
}
