package rows

import (
	"io"
	"unsafe"

	"github.com/bertsearch/bertsearch/index/snapshot"
)

// Names of the sections that every Set is saved in.
const (
	headSection  = "heads"
	tableSection = "table"
)

// Alive returns the rows of the labels that are present, in their order.
func (s *Set) Alive() []uint32 {
	v := s.View()
	ids := make([]uint32, 0, s.Live())
	for id := range s.Used() {
		if !v.Head(id).Dead() {
			ids = append(ids, id)
		}
	}
	return ids
}

// Sections are the parts of a snapshot that hold the heads and the table of
// the listed rows, which become rows 0, 1, … extra gives the engine's part of
// the head of order[i].
func (s *Set) Sections(order []uint32, extra func(i int) uint32) []snapshot.Section {
	heads := make([]uint64, len(order))
	labels := make([]uint32, len(order))
	v := s.View()
	for i, id := range order {
		labels[i] = v.Head(id).Label()
		heads[i] = uint64(NewHead(labels[i], extra(i)))
	}
	return []snapshot.Section{
		dataSection(headSection, snapshot.Bytes(heads)),
		dataSection(tableSection, snapshot.Bytes(newSlots(labels))),
	}
}

func dataSection(name string, data []byte) snapshot.Section {
	return snapshot.Section{Name: name, Size: int64(len(data)), Write: func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	}}
}

// ColumnSection is the part of a snapshot that holds a column of the listed
// rows. fix, if given, changes the copy of row order[i] before it is written.
func (s *Set) ColumnSection(name string, c Column, order []uint32, fix func(i int, row []byte)) snapshot.Section {
	column := s.View().Column(c)
	return snapshot.Section{Name: name, Size: int64(column.Stride) * int64(len(order)), Write: func(w io.Writer) error {
		copied := make([]byte, column.Stride)
		for i, id := range order {
			row := unsafe.Slice((*byte)(column.At(id)), column.Stride)
			if fix != nil {
				copy(copied, row)
				fix(i, copied)
				row = copied
			}
			if _, err := w.Write(row); err != nil {
				return err
			}
		}
		return nil
	}}
}

// newSlots returns the table that finds row i for labels[i].
func newSlots(labels []uint32) []uint32 {
	slots := make([]uint32, slotsFor(len(labels)))
	for id, label := range labels {
		i := hash(label, len(slots))
		for slots[i] != emptySlot {
			i = (i + 1) & (len(slots) - 1)
		}
		slots[i] = uint32(id) + firstID
	}
	return slots
}
