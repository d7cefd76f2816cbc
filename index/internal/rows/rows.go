// Package rows keeps labelled vectors where searches read them without locks:
// in blocks that never move, with a table from label to row, and with rows of
// deleted labels used again once no search can still be reading them.
//
// Writers must be kept apart by the caller except where a method says
// otherwise; searches need only Enter and Leave.
package rows

import (
	"sync/atomic"
	"unsafe"

	"github.com/bertsearch/bertsearch/internal/kernel"
)

// PerBlock is the number of rows in a block.
const PerBlock = kernel.RowsPerBlock

// Column is one of the parallel arrays of a Set: Stride bytes for each row.
type Column int

// Heads is the column that every Set has first: a word for each row, see Head.
const Heads Column = 0

// A View addresses the rows that existed when it was taken. Rows are never
// moved, so an old view stays good for the rows it has.
type View struct {
	Capacity uint32 // rows that have memory
	columns  []kernel.Rows
}

// Column addresses one of the columns.
func (v *View) Column(c Column) *kernel.Rows { return &v.columns[c] }

// head is the word of a row.
func (v *View) head(id uint32) *atomic.Uint64 {
	return (*atomic.Uint64)(v.columns[Heads].At(id))
}

// Head returns the word of a row.
func (v *View) Head(id uint32) Head { return Head(v.head(id).Load()) }

// A Set is a growing set of rows.
type Set struct {
	view  atomic.Pointer[View]
	used  atomic.Uint32 // rows ever taken; ids are below it
	live  atomic.Int64  // labels present
	dead  atomic.Int64  // rows whose label is gone, not yet free
	Table Table         // label to row

	replaced atomic.Uint64

	gate   gate
	buried []uint32
	free   []uint32
	limbo  []retired

	bytes   int64
	pinned  any      // keeps memory that blocks point into
	scratch *scratch // memory for new blocks of the last column; nil: the heap
}

// retired is a row that nothing links to, but that searches begun in epoch or
// before may be reading.
type retired struct {
	id    uint32
	epoch uint64
}

// New returns an empty set whose rows have Head words and further columns of
// the given strides, in bytes, each a multiple of 4.
func New(strides ...int) *Set {
	s := &Set{}
	columns := make([]kernel.Rows, 1+len(strides))
	columns[Heads].Stride = headSize
	for i, stride := range strides {
		columns[1+i].Stride = stride
	}
	s.view.Store(&View{columns: columns})
	s.Table.init(s)
	return s
}

// View returns the rows as they are now. A row id read from a link, the table
// or another row before the call lies within it.
func (s *Set) View() *View { return s.view.Load() }

// Used is the number of rows ever taken: every id is below it.
func (s *Set) Used() uint32 { return s.used.Load() }

// Live is the number of labels present.
func (s *Set) Live() int { return int(s.live.Load()) }

// Dead is the number of rows that are neither live nor free.
func (s *Set) Dead() int { return int(s.dead.Load()) }

// Bytes is the memory that the blocks and the table hold, a scratch file's
// included.
func (s *Set) Bytes() int64 { return s.bytes + s.Table.bytes() }

// growth is the share of its rows, one in growth, that a Set grows by.
const growth = 8

// Reserve makes memory for n rows to take. It fails only if the disk of a
// scratch file does.
func (s *Set) Reserve(n int) error {
	s.reclaim()
	s.reclaim() // what was retired in this epoch is free in the next
	n = max(0, n-len(s.free))
	for need := int(s.Used()) + n; int(s.View().Capacity) < need; {
		old := s.View()
		missing := (need - int(old.Capacity) + PerBlock - 1) / PerBlock
		extra := int(old.Capacity) / PerBlock / growth
		if err := s.addBlocks(max(missing, extra)); err != nil {
			return err
		}
	}
	return nil
}

// addBlocks publishes a view with count more blocks.
func (s *Set) addBlocks(count int) error {
	old := s.View()
	next := &View{Capacity: old.Capacity + uint32(count*PerBlock), columns: make([]kernel.Rows, len(old.columns))}
	for i, c := range old.columns {
		size := c.Stride * PerBlock
		slab, err := s.allocate(Column(i), size*count)
		if err != nil {
			return err
		}
		blocks := append([]unsafe.Pointer(nil), c.Blocks...)
		for b := range count {
			blocks = append(blocks, unsafe.Pointer(&slab[b*size]))
		}
		next.columns[i] = kernel.Rows{Blocks: blocks, Stride: c.Stride, Offset: c.Offset}
		s.bytes += int64(len(slab))
	}
	s.view.Store(next)
	return nil
}

// allocate returns n zeroed bytes for blocks of a column.
func (s *Set) allocate(c Column, n int) ([]byte, error) {
	if s.scratch != nil && int(c) == len(s.View().columns)-1 {
		return s.scratch.allocate(n)
	}
	return allocate(n), nil
}

// allocate returns n zeroed bytes that begin at a cache line.
func allocate(n int) []byte {
	const line = 64
	b := make([]byte, n+line)
	skip := -int(uintptr(unsafe.Pointer(&b[0]))) & (line - 1)
	return b[skip : skip+n : skip+n]
}

// Take returns a row for a new vector: a free one or the next, which Reserve
// made memory for. Its head says that it is dead until it is published.
func (s *Set) Take() uint32 {
	s.reclaim()
	if n := len(s.free); n > 0 {
		id := s.free[n-1]
		s.free = s.free[:n-1]
		return id
	}
	id := s.used.Load()
	s.View().head(id).Store(uint64(dead | gone))
	s.used.Store(id + 1)
	return id
}

// Retire frees a dead row that nothing refers to any more, as soon as the
// searches of now have ended.
func (s *Set) Retire(id uint32) {
	s.dead.Add(-1)
	s.View().head(id).Or(uint64(gone))
	s.limbo = append(s.limbo, retired{id, s.gate.now()})
}

// reclaim frees retired rows that no search can be reading.
func (s *Set) reclaim() {
	if len(s.limbo) == 0 {
		return
	}
	safe := s.gate.advance()
	n := 0
	for n < len(s.limbo) && s.limbo[n].epoch < safe {
		s.free = append(s.free, s.limbo[n].id)
		n++
	}
	s.limbo = s.limbo[n:]
}

// Enter announces a search; its result goes to Leave. Rows that the search
// can reach keep their contents until then.
func (s *Set) Enter() Ticket { return s.gate.enter() }

// Leave ends what Enter began.
func (s *Set) Leave(t Ticket) { s.gate.leave(t) }
