package indextest

import (
	"math"
	"math/rand/v2"
)

// Random returns count random normalised vectors.
func Random(r *rand.Rand, count, dimension int) [][]float32 {
	vectors := make([][]float32, count)
	for i := range vectors {
		v := make([]float32, dimension)
		for j := range v {
			v[j] = float32(r.NormFloat64())
		}
		vectors[i] = normalised(v)
	}
	return vectors
}

// Clustered returns count normalised vectors around clusters centres, with a
// typical cosine of 0.7 between a vector and its centre: about as text
// embeddings lie.
func Clustered(r *rand.Rand, count, dimension, clusters int) [][]float32 {
	return Spread(r, count, dimension, clusters, 1)
}

// Spread is Clustered with vectors at a typical distance of spread from their
// centres, before they are normalised.
func Spread(r *rand.Rand, count, dimension, clusters int, spread float64) [][]float32 {
	centres := Random(r, clusters, dimension)
	vectors := Random(r, count, dimension)
	for _, v := range vectors {
		centre := centres[r.IntN(clusters)]
		for j := range v {
			v[j] = float32(spread)*v[j] + centre[j]
		}
		normalised(v)
	}
	return vectors
}

// normalised scales v to length 1, in place.
func normalised(v []float32) []float32 {
	var square float64
	for _, x := range v {
		square += float64(x) * float64(x)
	}
	for i := range v {
		v[i] = float32(float64(v[i]) / math.Sqrt(square))
	}
	return v
}

// sequence returns count labels from from on.
func sequence(from, count int) []uint32 {
	labels := make([]uint32, count)
	for i := range labels {
		labels[i] = uint32(from + i)
	}
	return labels
}

// source returns a generator that repeats.
func source(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0)) }
