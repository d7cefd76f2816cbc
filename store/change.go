package store

import (
	"encoding/binary"
	"fmt"
	"iter"
	"math"
)

// Op says what a change did.
type Op byte

// The operations of the change log.
const (
	OpAdd    Op = 1 + iota // a new document
	OpUpdate               // a known document with a new text and vectors
	OpFields               // a known document with new title or fields, same vectors
	OpDelete               // a document was removed
	OpSwap                 // another generation became active: all vectors are new
)

// String returns the operation's name.
func (o Op) String() string {
	switch o {
	case OpAdd:
		return "add"
	case OpUpdate:
		return "update"
	case OpFields:
		return "fields"
	case OpDelete:
		return "delete"
	case OpSwap:
		return "swap"
	}
	return fmt.Sprintf("op %d", byte(o))
}

// Range is a run of passage numbers, First … First+Count-1.
type Range struct{ First, Count uint32 }

// All yields the numbers of the range in order.
func (r Range) All() iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		for i := range r.Count {
			if !yield(r.First + i) {
				return
			}
		}
	}
}

func (r Range) valid() bool {
	return uint64(r.First)+uint64(r.Count) <= math.MaxUint32+1
}

// rangeOf returns the numbers of passages that follow each other.
func rangeOf(passages []Passage) Range {
	if len(passages) == 0 {
		return Range{}
	}
	return Range{First: passages[0].Number, Count: uint32(len(passages))}
}

// Change is one entry of the change log. Derived indexes remember the Sequence
// of the last change they contain and ask for those after it.
type Change struct {
	Sequence uint64 // from 1, without gaps
	Op       Op
	Document uint32 // number; 0 for OpSwap
	Removed  Range  // passages that are gone
	Added    Range  // passages that are new
}

func (c *Change) encode() []byte {
	b := append(make([]byte, 0, 32), byte(c.Op))
	b = binary.LittleEndian.AppendUint32(b, c.Document)
	for _, r := range []Range{c.Removed, c.Added} {
		b = binary.LittleEndian.AppendUint32(b, r.First)
		b = binary.AppendUvarint(b, uint64(r.Count))
	}
	return b
}

func decodeChange(sequence uint64, payload []byte) (Change, error) {
	d := decoder{b: payload}
	c := Change{Sequence: sequence, Op: Op(d.uint8()), Document: d.uint32()}
	ok := c.Op >= OpAdd && c.Op <= OpSwap
	for _, r := range []*Range{&c.Removed, &c.Added} {
		r.First = d.uint32()
		count := d.uvarint()
		ok = ok && count <= math.MaxUint32
		r.Count = uint32(count)
		ok = ok && r.valid()
	}
	if !ok || !d.done() {
		return Change{}, corrupt(fmt.Sprintf("change %d", sequence), "unreadable record")
	}
	return c, nil
}
