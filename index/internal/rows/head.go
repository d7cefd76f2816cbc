package rows

// Head is what a row says about itself, in one word so that it is read and
// changed at once: its label, whether it is dead or retired, and 30 bits for the
// engine.
type Head uint64

const (
	headSize = 8
	dead     = Head(1) << 63
	gone     = Head(1) << 62 // retired; set on dead rows only
	// MostExtra is the largest number that a Head has room for.
	MostExtra = 1<<30 - 1
)

// NewHead returns the head of a live row.
func NewHead(label uint32, extra uint32) Head {
	return Head(extra&MostExtra)<<32 | Head(label)
}

// Label is the label that the row has, or had before it died.
func (h Head) Label() uint32 { return uint32(h) }

// Dead reports whether the row's label has been deleted or moved.
func (h Head) Dead() bool { return h&dead != 0 }

// Retired reports whether nothing refers to the row.
func (h Head) Retired() bool { return h&gone != 0 }

// Extra is the engine's part.
func (h Head) Extra() uint32 { return uint32(h>>32) & MostExtra }

// Prepare sets the head of a row that is filled and linked before it is
// published, so that walks which pass through it find its extra part.
func (s *Set) Prepare(id uint32, label, extra uint32) {
	s.View().head(id).Store(uint64(NewHead(label, extra) | dead))
}

// Publish makes row id the live row of a label, and buries the row that was.
// A search under way may see neither of the two, or both: see Replaced.
func (s *Set) Publish(id uint32, label, extra uint32) {
	head, h := s.View().head(id), NewHead(label, extra)
	s.Prepare(id, label, extra) // the table reads labels from heads
	old, existed := s.Table.put(label, id)
	if existed {
		s.replaced.Add(1)
		s.Bury(old)
	} else {
		s.live.Add(1)
	}
	head.Store(uint64(h))
}

// Replaced counts the rows that took over the label of another. A search
// before and after which it is the same saw each label once.
func (s *Set) Replaced() uint64 { return s.replaced.Load() }

// Remove takes a label out and buries its row; ok is false if it is absent.
func (s *Set) Remove(label uint32) (id uint32, ok bool) {
	id, ok = s.Table.remove(label)
	if ok {
		s.live.Add(-1)
		s.Bury(id)
	}
	return id, ok
}

// Bury marks the row of a label that was deleted or moved elsewhere. Searches
// may still pass through it.
func (s *Set) Bury(id uint32) {
	s.View().head(id).Or(uint64(dead))
	s.dead.Add(1)
	s.buried = append(s.buried, id)
}

// Buried returns the rows that died since it was last called.
func (s *Set) Buried() []uint32 {
	ids := s.buried
	s.buried = nil
	return ids
}
