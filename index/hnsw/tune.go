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
	tuneFloor   = 1000
	tuneQueries = 128
	tuneK       = 10
	// tuneNoise is the length of the random vector added to one of the
	// index's own to make a query, so that a query is near the data but not
	// in it: a cosine of 0.8 between the two.
	tuneNoise = 0.75
)

// ladder are the numbers of candidates that tuning tries. A target below
// strictRecall may be met with any of them; above it the first few are left
// out, as real questions can be farther from the data than the samples are.
var ladder = []int{10, 12, 16, 20, 24, 32, 40, 48, 64, 80, 96, 128, 160, 192, 256, 320, 400, 512, 640, 800, 1024}

const (
	strictRecall = 0.98
	strictEf     = 96
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
// it last did. It aims half-way between the target and perfection, as the
// samples are few and no user's own.
func (x *Index) tune() {
	live := x.set.Live()
	t := &x.tuning
	if live < tuneFloor || live < 2*t.live && live > t.live/2 {
		return
	}
	t.live = live
	samples := x.sample(tuneQueries)
	if x.options.EfSearch > 0 {
		t.recall = x.measure(samples, x.options.EfSearch)
		return
	}
	target := (1 + x.options.Recall) / 2
	for _, ef := range ladder {
		if ef < strictEf && x.options.Recall > strictRecall {
			continue
		}
		t.ef.Store(int32(ef))
		if t.recall = x.measure(samples, ef); t.recall >= target {
			return
		}
	}
}

// sample is a query and the labels that exact search finds for it.
type sample struct {
	query []float32
	truth []index.Match
}

// sample makes queries of random live rows: half near one row, as when
// somebody looks for what is there, and half between two, as when they look
// for what is not. The second kind is the harder by far.
func (x *Index) sample(count int) []sample {
	random := rand.New(rand.NewPCG(x.options.Seed, uint64(x.set.Live())))
	samples := make([]sample, count)
	for i := range samples {
		q := disturb(x.randomVector(random), random)
		if i%2 == 1 {
			for j, value := range x.randomVector(random) {
				q[j] += value
			}
			normalise(q)
		}
		samples[i].query = q
	}
	x.parallel(count, func(w *walker, i int) {
		s := &samples[i]
		w.begin()
		w.setVector(s.query)
		w.top.Reset(tuneK)
		if w.scan(nil) == nil {
			s.truth = w.top.Sorted()
		}
	})
	return samples
}

// randomVector is the vector of a random live row, of which there is one.
func (x *Index) randomVector(random *rand.Rand) []float32 {
	v := x.set.View()
	for {
		if id := random.Uint32N(x.set.Used()); !v.Head(id).Dead() {
			return x.layout.vector(v, id)
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

// measure returns the recall of walks with ef candidates: the lower of that
// of the two kinds of samples.
func (x *Index) measure(samples []sample, ef int) float64 {
	var hits, total [2]atomic.Int64
	x.parallel(len(samples), func(w *walker, i int) {
		s := &samples[i]
		w.begin()
		w.setVector(s.query)
		w.walk(plan{ef: max(ef, tuneK)}, nil)
		if w.rescore(tuneK) != nil {
			return
		}
		found := w.top.Sorted()
		total[i%2].Add(int64(len(s.truth)))
		for _, t := range s.truth {
			if slices.ContainsFunc(found, func(m index.Match) bool { return m.Label == t.Label }) {
				hits[i%2].Add(1)
			}
		}
	})
	recall := 1.0
	for kind := range hits {
		recall = min(recall, float64(hits[kind].Load())/float64(max(1, total[kind].Load())))
	}
	return recall
}
