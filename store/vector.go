package store

import (
	"encoding/binary"
	"fmt"
	"math"
)

// Vector is one stored vector and the passage it stands for.
type Vector struct {
	Passage  uint32    // passage number
	Document uint32    // number of the document the passage is in
	Index    int       // position of the passage in its document, from 0
	Values   []float32 // as many as the generation's dimension
}

// vectorHead is the size of the numbers before the values, in bytes.
const vectorHead = 8

func encodeVector(document uint32, index int, values []float32) []byte {
	b := make([]byte, 0, vectorHead+4*len(values)+checksumSize)
	b = binary.LittleEndian.AppendUint32(b, document)
	b = binary.LittleEndian.AppendUint32(b, uint32(index))
	for _, v := range values {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return b
}

// decodeVector reads a vector of a known dimension into v, whose Values are
// reused when they are large enough.
func decodeVector(v *Vector, passage uint32, dimension int, payload []byte) error {
	if len(payload) != vectorHead+4*dimension {
		return corrupt(fmt.Sprintf("vector %d", passage), "%d bytes for dimension %d", len(payload), dimension)
	}
	v.Passage = passage
	v.Document = binary.LittleEndian.Uint32(payload)
	v.Index = int(binary.LittleEndian.Uint32(payload[4:]))
	if cap(v.Values) < dimension {
		v.Values = make([]float32, dimension)
	}
	v.Values = v.Values[:dimension]
	values := payload[vectorHead:]
	for i := range v.Values {
		v.Values[i] = math.Float32frombits(binary.LittleEndian.Uint32(values[4*i:]))
	}
	return nil
}

// checkVectors says whether vectors may be stored in a generation of the given
// dimension, 0 meaning that the first vector decides.
func checkVectors(vectors [][]float32, dimension int) error {
	for i, v := range vectors {
		if dimension == 0 {
			dimension = len(v)
		}
		switch {
		case len(v) == 0:
			return fmt.Errorf("store: vector %d is empty: %w", i, ErrInvalidVector)
		case len(v) > maxDimension:
			return fmt.Errorf("store: vector %d has %d values, at most %d: %w", i, len(v), maxDimension, ErrInvalidVector)
		case len(v) != dimension:
			return fmt.Errorf("store: vector %d has %d values, want %d: %w", i, len(v), dimension, ErrDimension)
		}
		for _, x := range v {
			if x-x != 0 { // true for NaN and the infinities only
				return fmt.Errorf("store: vector %d is not finite: %w", i, ErrInvalidVector)
			}
		}
	}
	return nil
}
