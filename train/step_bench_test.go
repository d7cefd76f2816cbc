package train

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"runtime"
	"testing"

	"github.com/bertsearch/bertsearch/internal/gate"
	"github.com/bertsearch/bertsearch/internal/nn"
	"github.com/bertsearch/bertsearch/model"
)

// BenchmarkStep is whole steps over 32 pairs of a query and a passage, in
// tokens a second: as long as SciFact's, or those whose token ids stand in the
// JSON file BERTSEARCH_BATCHES.
func BenchmarkStep(b *testing.B) {
	dir := os.Getenv("BERTSEARCH_WEIGHTS")
	if dir == "" {
		b.Skip("bench: BERTSEARCH_WEIGHTS not set")
	}
	s, err := model.Load(dir)
	if err != nil {
		b.Fatal(err)
	}
	s.Normalize = true
	batches := benchBatches(b)
	for _, c := range []struct {
		name    string
		options *model.TrainableOptions
		dropout float32
		yield   bool // with an open gate between pieces, as beside searches
	}{
		{"all", nil, 0, false}, {"yield", nil, 0, true}, {"dropout", nil, 0.1, false},
		{"last2", &model.TrainableOptions{Layers: 2}, 0, false},
		{"lora", &model.TrainableOptions{LoRA: &model.LoRA{Rank: 8, Alpha: 16}}, 0, false},
	} {
		b.Run(c.name, func(b *testing.B) {
			w, err := s.Trainable(c.options)
			if err != nil {
				b.Fatal(err)
			}
			benchSteps(b, w, batches, c.dropout, c.yield)
		})
	}
}

func benchSteps(b *testing.B, w *model.Trainable, batches []parityBatch, dropout float32, yield bool) {
	team := nn.NewTeam(runtime.GOMAXPROCS(0))
	defer team.Close()
	if yield {
		team.YieldTo(new(gate.Gate).Yield)
	}
	optimizer := NewAdamW(w.Params(), AdamWOptions{Decay: 0.01})
	tokens, n := 0, 0
	for b.Loop() {
		batch := batches[n%len(batches)]
		n++
		for _, ids := range batch.IDs {
			tokens += len(ids)
		}
		parityGradient(b, w, team, batch, model.ForwardOptions{Train: true, Dropout: dropout, Seed: uint64(n)})
		Clip(w.Params(), 1)
		optimizer.Step(2e-5)
		w.Refresh(team)
	}
	b.ReportMetric(float64(tokens)/b.Elapsed().Seconds(), "tokens/s")
}

func benchBatches(b *testing.B) []parityBatch {
	if path := os.Getenv("BERTSEARCH_BATCHES"); path != "" {
		var lists [][][]int32
		text, err := os.ReadFile(path)
		if err == nil {
			err = json.Unmarshal(text, &lists)
		}
		if err != nil {
			b.Fatal(err)
		}
		var batches []parityBatch
		for _, ids := range lists {
			batches = append(batches, parityBatch{ids})
		}
		return batches
	}
	r := rand.New(rand.NewPCG(1, 1))
	var batch parityBatch
	for range 32 {
		for _, n := range []int{15 + r.IntN(20), 180 + r.IntN(77)} {
			ids := make([]int32, n)
			for i := range ids {
				ids[i] = int32(1000 + r.IntN(20000))
			}
			batch.IDs = append(batch.IDs, ids)
		}
	}
	return []parityBatch{batch}
}
