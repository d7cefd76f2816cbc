package rows

import "sync/atomic"

// Table finds the row of a label: a hash table with open addressing whose
// slots are read without a lock. It stores rows only and reads their labels
// from the heads, which makes four bytes a slot.
type Table struct {
	set   *Set
	slots atomic.Pointer[[]atomic.Uint32]
	used  int // slots that are not empty
}

// Slots hold an id plus firstID, or one of these.
const (
	emptySlot   = 0
	removedSlot = 1
	firstID     = 2

	firstSlots = 64
)

func (t *Table) init(s *Set) {
	t.set = s
	slots := make([]atomic.Uint32, firstSlots)
	t.slots.Store(&slots)
}

func (t *Table) bytes() int64 { return 4 * int64(len(*t.slots.Load())) }

// hash spreads labels, which are often consecutive (Fibonacci hashing).
func hash(label uint32, slots int) int {
	return int((uint64(label)*0x9E3779B97F4A7C15)>>32) & (slots - 1)
}

// Find returns the row of a label.
func (t *Table) Find(label uint32) (id uint32, ok bool) {
	slots := *t.slots.Load()
	for i := hash(label, len(slots)); ; i = (i + 1) & (len(slots) - 1) {
		switch v := slots[i].Load(); v {
		case emptySlot:
			return 0, false
		case removedSlot:
		default:
			if t.label(v) == label {
				return v - firstID, true
			}
		}
	}
}

func (t *Table) label(slot uint32) uint32 {
	return t.set.View().Head(slot - firstID).Label()
}

// put sets the row of a label and returns the one before.
func (t *Table) put(label, id uint32) (old uint32, existed bool) {
	slots := *t.slots.Load()
	i := hash(label, len(slots))
	for ; ; i = (i + 1) & (len(slots) - 1) {
		v := slots[i].Load()
		if v == emptySlot {
			break
		}
		if v != removedSlot && t.label(v) == label {
			slots[i].Store(id + firstID)
			return v - firstID, true
		}
	}
	slots[i].Store(id + firstID)
	if t.used++; 4*t.used > 3*len(slots) {
		t.rebuild()
	}
	return 0, false
}

// remove takes a label out.
func (t *Table) remove(label uint32) (id uint32, ok bool) {
	slots := *t.slots.Load()
	for i := hash(label, len(slots)); ; i = (i + 1) & (len(slots) - 1) {
		v := slots[i].Load()
		if v == emptySlot {
			return 0, false
		}
		if v != removedSlot && t.label(v) == label {
			slots[i].Store(removedSlot)
			return v - firstID, true
		}
	}
}

// rebuild copies the labels that are present to a table with room for twice
// as many.
func (t *Table) rebuild() {
	old := *t.slots.Load()
	present := 0
	for i := range old {
		if old[i].Load() >= firstID {
			present++
		}
	}
	size := slotsFor(present)
	slots := make([]atomic.Uint32, size)
	for i := range old {
		if v := old[i].Load(); v >= firstID {
			at := hash(t.label(v), size)
			for slots[at].Load() != emptySlot {
				at = (at + 1) & (size - 1)
			}
			slots[at].Store(v)
		}
	}
	t.used = present
	t.slots.Store(&slots)
}

// slotsFor is the size of a table for a number of labels: a power of two that
// they fill to at most a half.
func slotsFor(labels int) int {
	size := firstSlots
	for size < 2*labels {
		size *= 2
	}
	return size
}
