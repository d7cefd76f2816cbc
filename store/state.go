package store

import "encoding/binary"

// state holds the counters of a store. It is one value, rewritten by each
// transaction; all but the numbers handed out can be recounted.
type state struct {
	documents      uint64 // stored now
	textBytes      uint64 // of their texts
	fieldBytes     uint64 // of their encoded fields
	nextDocument   uint64 // number of the next new document
	nextPassage    uint64 // number of the next new passage, in any generation
	lastChange     uint64 // sequence of the newest change
	trimmed        uint64 // changes up to this one were removed from the log
	generation     uint64 // the active one
	nextGeneration uint64
}

// numbers lists the counters in the order in which they are stored.
func (s *state) numbers() []*uint64 {
	return []*uint64{&s.documents, &s.textBytes, &s.fieldBytes, &s.nextDocument, &s.nextPassage,
		&s.lastChange, &s.trimmed, &s.generation, &s.nextGeneration}
}

func (s *state) encode() []byte {
	var b []byte
	for _, n := range s.numbers() {
		b = binary.AppendUvarint(b, *n)
	}
	return b
}

func decodeState(payload []byte) (state, error) {
	var s state
	d := decoder{b: payload}
	for _, n := range s.numbers() {
		*n = d.uvarint()
	}
	const numbers = 1 << 32
	if !d.done() || s.nextDocument > numbers || s.nextPassage > numbers ||
		s.trimmed > s.lastChange || s.generation >= s.nextGeneration || s.nextGeneration > numbers {
		return state{}, corrupt("state", "unreadable record")
	}
	return s, nil
}

// generationState holds the counters of one generation.
type generationState struct {
	dimension uint64 // values in a vector; 0 until the first one is stored
	documents uint64 // that have an entry
	passages  uint64
}

func (g *generationState) numbers() []*uint64 {
	return []*uint64{&g.dimension, &g.documents, &g.passages}
}

func (g *generationState) encode() []byte {
	var b []byte
	for _, n := range g.numbers() {
		b = binary.AppendUvarint(b, *n)
	}
	return b
}

// maxDimension bounds what a damaged record can make a reader allocate.
const maxDimension = 1 << 20

func decodeGenerationState(payload []byte) (generationState, error) {
	var g generationState
	d := decoder{b: payload}
	for _, n := range g.numbers() {
		*n = d.uvarint()
	}
	if !d.done() || g.dimension > maxDimension {
		return generationState{}, corrupt("generation", "unreadable record")
	}
	return g, nil
}
