package model

import (
	"math/rand/v2"
	"os"
	"runtime"
	"testing"

	"github.com/bertsearch/bertsearch/internal/nn"
)

// BenchmarkTrain is a pass there and back over 32 pairs of a query and a
// passage, as long as SciFact's, in tokens a second.
func BenchmarkTrain(b *testing.B) {
	dir := os.Getenv("BERTSEARCH_WEIGHTS")
	if dir == "" {
		b.Skip("bench: BERTSEARCH_WEIGHTS not set")
	}
	s, err := Load(dir)
	if err != nil {
		b.Fatal(err)
	}
	for name, o := range map[string]*TrainableOptions{"all": nil, "lora": {LoRA: &LoRA{Rank: 8, Alpha: 16}}, "last2": {Layers: 2}} {
		for _, dropout := range []float32{0, 0.1} {
			b.Run(name+map[bool]string{true: "/dropout"}[dropout > 0], func(b *testing.B) { benchTrain(b, s, o, dropout) })
		}
	}
}

func benchTrain(b *testing.B, s *Sentence, o *TrainableOptions, dropout float32) {
	t, err := s.Trainable(o)
	if err != nil {
		b.Fatal(err)
	}
	team := nn.NewTeam(runtime.GOMAXPROCS(0))
	defer team.Close()
	r := rand.New(rand.NewPCG(1, 1))
	batch := &Batch{}
	for range 32 {
		for _, n := range []int{15 + r.IntN(20), 180 + r.IntN(77)} {
			ids := make([]int32, n)
			for i := range ids {
				ids[i] = int32(1000 + r.IntN(20000))
			}
			batch.Add(ids, make([]uint8, n))
		}
	}
	slopes := randomSlopes(batch.Texts() * t.Dimension())
	for b.Loop() {
		_, tape, err := t.Forward(team, batch, ForwardOptions{Train: true, Dropout: dropout, Seed: 1})
		if err != nil {
			b.Fatal(err)
		}
		t.Backward(team, tape, slopes)
	}
	b.ReportMetric(float64(len(batch.IDs)*b.N)/b.Elapsed().Seconds(), "tokens/s")
}
