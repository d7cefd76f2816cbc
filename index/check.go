package index

import (
	"fmt"
	"math"
)

// lengthSlack is how far a vector's length may be from 1: room for vectors
// that went through f16 or a remote service's decimal text.
const lengthSlack = 0.01

// MaxDimension is the longest vector that an index takes.
const MaxDimension = 1 << 16

// CheckDimension reports whether an index can hold vectors of a dimension.
func CheckDimension(dimension int) error {
	if dimension < 1 || dimension > MaxDimension {
		return fmt.Errorf("%w: %d is not between 1 and %d", ErrDimension, dimension, MaxDimension)
	}
	return nil
}

// CheckBatch reports the first reason why a batch cannot be added to an index
// of the given dimension: labels and vectors of different number, or a vector
// that CheckVector refuses.
func CheckBatch(labels []uint32, vectors [][]float32, dimension int) error {
	if len(labels) != len(vectors) {
		return fmt.Errorf("index: add: %d labels for %d vectors", len(labels), len(vectors))
	}
	for i, v := range vectors {
		if err := CheckVector(v, dimension); err != nil {
			return fmt.Errorf("index: add: label %d: %w", labels[i], err)
		}
	}
	return nil
}

// CheckVector reports whether v is a finite vector of the given dimension and
// of length 1 or 0.
func CheckVector(v []float32, dimension int) error {
	if len(v) != dimension {
		return fmt.Errorf("%w: %d numbers, the index holds vectors of %d", ErrDimension, len(v), dimension)
	}
	var square float64
	for i, x := range v {
		if x-x != 0 { // only NaN and the infinities
			return fmt.Errorf("%w: %v at position %d", ErrNotFinite, x, i)
		}
		square += float64(x) * float64(x)
	}
	length := math.Sqrt(square)
	if square != 0 && math.Abs(length-1) > lengthSlack {
		return fmt.Errorf("%w: its length is %.4g; divide it by that", ErrNotNormalised, length)
	}
	return nil
}

// CheckQuery reports whether q can be searched for. Unlike a stored vector it
// may have any length, as only the order of the scores depends on it.
func CheckQuery(q []float32, dimension int) error {
	if len(q) != dimension {
		return fmt.Errorf("index: search: %w: %d numbers, the index holds vectors of %d", ErrDimension, len(q), dimension)
	}
	for i, x := range q {
		if x-x != 0 {
			return fmt.Errorf("index: search: %w: %v at position %d", ErrNotFinite, x, i)
		}
	}
	return nil
}
