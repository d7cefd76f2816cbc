// Package bench measures a vector index: recall against speed at a range of
// efforts, the time to build, and memory.
package bench

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bertsearch/bertsearch/index"
	"github.com/bertsearch/bertsearch/index/engine"
	"github.com/bertsearch/bertsearch/index/flat"
)

// Settings say what is measured. Base and Queries are normalised vectors of
// one dimension.
type Settings struct {
	Base, Queries [][]float32
	Engines       []string       // of index/engine; nil is hnsw alone
	Index         *index.Options // nil: defaults
	Efforts       []int          // efSearch of each row; nil: 10 … 400
	Threads       int            // for Row.QPS; 0: all cores
}

// Row is one point of the curve.
type Row struct {
	Engine         string  `json:"engine"`
	N              int     `json:"n"`
	Dimension      int     `json:"d"`
	M              int     `json:"M"`
	EfConstruction int     `json:"efConstruction"`
	Ef             int     `json:"ef"`
	Recall10       float64 `json:"recall10"` // share of the true ten nearest found
	QPS1T          float64 `json:"qps_1t"`   // queries a second, one after the other
	QPS            float64 `json:"qps"`      // with all threads
	BuildSeconds   float64 `json:"build_s"`
	BytesPerVector float64 `json:"bytes_per_vector"` // of memory, without what is mapped from files
}

const (
	neighbours = 10
	// rounds is how often each speed is measured; the best counts.
	rounds = 3
)

var defaultEfforts = []int{10, 16, 24, 32, 48, 64, 96, 128, 200, 400}

// Run builds an index of s.Base with each engine and calls emit for every point
// of its curve.
func Run(ctx context.Context, s Settings, emit func(Row) error) error {
	if len(s.Base) == 0 || len(s.Queries) == 0 {
		return errors.New("bench: no base vectors or no queries")
	}
	truth, err := exact(s)
	if err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	engines := s.Engines
	if len(engines) == 0 {
		engines = []string{engine.HNSW}
	}
	for _, name := range engines {
		if err := s.run(ctx, name, truth, emit); err != nil {
			return err
		}
	}
	return nil
}

func (s *Settings) run(ctx context.Context, name string, truth []map[uint32]bool, emit func(Row) error) error {
	x, seconds, err := s.build(ctx, name)
	if err != nil {
		return fmt.Errorf("bench: build %s: %w", name, err)
	}
	defer func() { _ = x.Close() }()
	for _, ef := range s.efforts(name) {
		if err := ctx.Err(); err != nil {
			return err
		}
		row, err := s.measure(x, ef, truth)
		if err != nil {
			return fmt.Errorf("bench: search %s: %w", name, err)
		}
		row.Engine, row.BuildSeconds = name, seconds
		if err := emit(row); err != nil {
			return err
		}
	}
	return nil
}

// efforts are the rows to measure; an engine without the knob has one.
func (s *Settings) efforts(name string) []int {
	if name == engine.Flat {
		return []int{0}
	}
	if s.Efforts == nil {
		return defaultEfforts
	}
	return s.Efforts
}

// exact returns the labels of the nearest of each query.
func exact(s Settings) ([]map[uint32]bool, error) {
	x, err := flat.New(len(s.Base[0]), nil)
	if err != nil {
		return nil, err
	}
	if err := x.Add(sequence(0, len(s.Base)), s.Base); err != nil {
		return nil, err
	}
	truth := make([]map[uint32]bool, len(s.Queries))
	for i, q := range s.Queries {
		found, err := x.Search(q, neighbours, index.SearchOptions{})
		if err != nil {
			return nil, err
		}
		truth[i] = make(map[uint32]bool, len(found))
		for _, m := range found {
			truth[i][m.Label] = true
		}
	}
	return truth, nil
}

// buildBatch is the number of vectors added at a time, so that a build can be
// cancelled.
const buildBatch = 10_000

func (s *Settings) build(ctx context.Context, name string) (index.Vector, float64, error) {
	x, err := engine.New(name, len(s.Base[0]), s.Index)
	if err != nil {
		return nil, 0, err
	}
	start := time.Now()
	for from := 0; from < len(s.Base); from += buildBatch {
		if err := ctx.Err(); err != nil {
			return nil, 0, err
		}
		part := s.Base[from:min(from+buildBatch, len(s.Base))]
		if err := x.Add(sequence(from, len(part)), part); err != nil {
			return nil, 0, err
		}
	}
	return x, time.Since(start).Seconds(), nil
}

func sequence(from, count int) []uint32 {
	labels := make([]uint32, count)
	for i := range labels {
		labels[i] = uint32(from + i)
	}
	return labels
}

func (s *Settings) measure(x index.Vector, ef int, truth []map[uint32]bool) (Row, error) {
	stats := x.Stats()
	row := Row{
		N: stats.Vectors, Dimension: stats.Dimension, M: stats.M,
		EfConstruction: stats.EfConstruction, Ef: ef,
		BytesPerVector: float64(stats.Bytes-stats.Mapped) / float64(max(1, stats.Vectors)),
	}
	var err error
	if row.Recall10, err = recall(x, s.Queries, ef, truth); err != nil {
		return row, err
	}
	threads := s.Threads
	if threads <= 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	for range rounds {
		row.QPS1T = max(row.QPS1T, speed(x, s.Queries, ef, 1))
		row.QPS = max(row.QPS, speed(x, s.Queries, ef, threads))
	}
	return row, nil
}

func recall(x index.Vector, queries [][]float32, ef int, truth []map[uint32]bool) (float64, error) {
	hits, total := 0, 0
	for i, q := range queries {
		found, err := x.Search(q, neighbours, index.SearchOptions{Ef: ef})
		if err != nil {
			return 0, err
		}
		total += len(truth[i])
		for _, m := range found {
			if truth[i][m.Label] {
				hits++
			}
		}
	}
	return float64(hits) / float64(max(1, total)), nil
}

// speed is the number of queries answered in a second.
func speed(x index.Vector, queries [][]float32, ef, threads int) float64 {
	var next atomic.Int64
	var wait sync.WaitGroup
	start := time.Now()
	for range threads {
		wait.Go(func() {
			for i := next.Add(1) - 1; int(i) < len(queries); i = next.Add(1) - 1 {
				_, _ = x.Search(queries[i], neighbours, index.SearchOptions{Ef: ef})
			}
		})
	}
	wait.Wait()
	return float64(len(queries)) / time.Since(start).Seconds()
}
