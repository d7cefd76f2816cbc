package keyword

import (
	"math/rand/v2"
	"testing"
)

// BenchmarkApply puts 1,000 documents of about six words at a time; a
// document is one operation.
func BenchmarkApply(b *testing.B) { benchmarkApply(b, 1000) }

// BenchmarkApplyOne is a put of a single document, durable when it returns.
func BenchmarkApplyOne(b *testing.B) { benchmarkApply(b, 1) }

func benchmarkApply(b *testing.B, size int) {
	x := openTest(b, b.TempDir(), nil)
	r := rand.New(rand.NewPCG(1, 1))
	docs := make([]Doc, 0, size)
	for i := 0; b.Loop(); i++ {
		docs = append(docs, randomDoc(r, uint32(i)))
		if len(docs) == size {
			mustApply(b, x, docs, nil, uint64(i))
			docs = docs[:0]
		}
	}
}

func BenchmarkSearch(b *testing.B) {
	x := openTest(b, b.TempDir(), nil)
	r := rand.New(rand.NewPCG(1, 1))
	docs := make([]Doc, 100_000)
	for i := range docs {
		docs[i] = randomDoc(r, uint32(i))
	}
	mustApply(b, x, docs, nil, 1)
	for b.Loop() {
		mustSearch(b, x, "w30 w35 t3", 10)
	}
}
