package rows

import (
	"fmt"
	"math/bits"
	"sync/atomic"
	"unsafe"

	"github.com/bertsearch/bertsearch/index"
	"github.com/bertsearch/bertsearch/index/snapshot"
)

// mostRows leaves room for the marks in a table's slots.
const mostRows = 1<<31 - 2

// Load returns the Set of a snapshot, with columns from the named sections.
// The Set uses the bytes of f in place, so f must outlive it. Heads and table
// are verified; the other columns are up to the caller.
func Load(f *snapshot.File, names []string, strides []int) (*Set, error) {
	if f.Rows < 0 || f.Rows > mostRows {
		return nil, fmt.Errorf("%w: it claims %d rows", index.ErrCorrupt, f.Rows)
	}
	s := New(strides...)
	if err := f.Check(headSection, tableSection); err != nil {
		return nil, err
	}
	view := &View{Capacity: uint32((f.Rows + PerBlock - 1) / PerBlock * PerBlock)}
	for i, c := range s.View().columns {
		name := headSection
		if i > 0 {
			name = names[i-1]
		}
		data, err := f.Section(name, int64(c.Stride)*int64(f.Rows))
		if err != nil {
			return nil, err
		}
		c.Blocks = s.place(data, c.Stride)
		view.columns = append(view.columns, c)
	}
	s.view.Store(view)
	s.used.Store(uint32(f.Rows))
	s.live.Store(int64(f.Rows))
	s.pinned = f
	if err := s.checkHeads(); err != nil {
		return nil, err
	}
	return s, s.Table.load(f)
}

// place returns blocks within data, but for a last one that is not full,
// which is copied to where there is room for all of its rows.
func (s *Set) place(data []byte, stride int) []unsafe.Pointer {
	var blocks []unsafe.Pointer
	size := stride * PerBlock
	s.bytes += int64(len(data))
	for ; len(data) >= size; data = data[size:] {
		blocks = append(blocks, unsafe.Pointer(&data[0]))
	}
	if len(data) > 0 {
		last := allocate(size)
		copy(last, data)
		s.bytes += int64(size - len(data))
		blocks = append(blocks, unsafe.Pointer(&last[0]))
	}
	return blocks
}

func (s *Set) checkHeads() error {
	v := s.View()
	for id := range s.Used() {
		if v.Head(id).Dead() {
			return fmt.Errorf("%w: row %d is dead", index.ErrCorrupt, id)
		}
	}
	// The rows of a last block that have no vector yet.
	for id := s.Used(); id < v.Capacity; id++ {
		v.head(id).Store(uint64(dead))
	}
	return nil
}

// load takes the slots of a snapshot, each of which must name a row once.
func (t *Table) load(f *snapshot.File) error {
	data, err := f.Section(tableSection, f.SectionSize(tableSection))
	if err != nil {
		return err
	}
	count := len(data) / 4
	if len(data)%4 != 0 || count < firstSlots || bits.OnesCount(uint(count)) != 1 {
		return fmt.Errorf("%w: a table of %d bytes", index.ErrCorrupt, len(data))
	}
	slots := unsafe.Slice((*atomic.Uint32)(unsafe.Pointer(&data[0])), count)
	present := 0
	for i := range slots {
		v := slots[i].Load()
		if v == emptySlot {
			continue
		}
		if v < firstID || int(v-firstID) >= f.Rows {
			return fmt.Errorf("%w: its table names row %d of %d", index.ErrCorrupt, int64(v)-firstID, f.Rows)
		}
		present++
	}
	if present != f.Rows || present == count {
		return fmt.Errorf("%w: its table has %d of %d rows", index.ErrCorrupt, present, f.Rows)
	}
	t.used = present
	t.slots.Store(&slots)
	return nil
}
