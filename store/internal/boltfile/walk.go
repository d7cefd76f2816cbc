package boltfile

import (
	"cmp"
	"hash/maphash"
	"math/bits"
	"slices"
)

// walk visits the pages of a file, each at most once.
type walk struct {
	f    *File
	seen []uint64 // bit set of pages visited, overflow pages included
	next []link   // pages of the level below
	seed maphash.Seed
	page page // the one being visited; its buffer is reused
}

func newWalk(f *File) *walk {
	w := &walk{f: f, seen: make([]uint64, f.HighWater/64+1), seed: maphash.MakeSeed()}
	w.mark(0)
	w.mark(1)
	return w
}

// mark notes a page as visited and says whether it was not so before.
func (w *walk) mark(id uint64) bool {
	word, bit := &w.seen[id/64], uint64(1)<<(id%64)
	fresh := *word&bit == 0
	*word |= bit
	return fresh
}

// markRun marks the pages of a node.
func (w *walk) markRun(p *page) error {
	for i := range uint64(p.overflow) + 1 {
		if !w.mark(p.id + i) {
			return damaged("page %d is in use twice", p.id+i)
		}
	}
	return nil
}

// unseen counts the pages that were not visited.
func (w *walk) unseen() int {
	n := int(w.f.HighWater)
	for _, word := range w.seen {
		n -= bits.OnesCount64(word)
	}
	return n
}

// link is a reference to a page that is still to be visited.
type link struct {
	id   uint64
	keys bool   // the page must begin with a certain key
	key  uint64 // hash of that key
}

// tree visits a bucket's pages and those of the buckets nested in it, level by
// level and in file order within a level, so that reading is near sequential.
func (w *walk) tree(root uint64) error {
	level := []link{{id: root}}
	for len(level) > 0 {
		w.next = nil
		for _, l := range level {
			if err := w.visit(l); err != nil {
				return err
			}
		}
		slices.SortFunc(w.next, func(a, b link) int { return cmp.Compare(a.id, b.id) })
		level = w.next
	}
	return nil
}

// visit checks one node and notes the pages it leads to. A branch names its
// children by their first keys; where they disagree, bbolt's next write to the
// child would leave the old page linked and also free.
func (w *walk) visit(l link) error {
	p := &w.page
	if err := p.read(w.f, l.id); err != nil {
		return err
	}
	if err := w.markRun(p); err != nil {
		return err
	}
	if p.flags != branchPage && p.flags != leafPage {
		return damaged("page %d has flags %#x in a tree", p.id, p.flags)
	}
	if p.count == 0 && (l.keys || p.flags == branchPage) {
		return damaged("page %d is empty", p.id)
	}
	first := l.keys
	return p.elements(w.f, func(e element, key []byte) error {
		if first && w.hash(key) != l.key {
			return damaged("page %d begins with another key than its parent says", p.id)
		}
		first = false
		return w.follow(p, e, key)
	})
}

// follow notes the page that an element leads to, if any.
func (w *walk) follow(p *page, e element, key []byte) error {
	if p.flags == branchPage {
		w.next = append(w.next, link{id: e.child, keys: true, key: w.hash(key)})
		return nil
	}
	if !e.bucket {
		return nil
	}
	root, err := p.nested(w.f, e)
	if err == nil && root != 0 {
		w.next = append(w.next, link{id: root})
	}
	return err
}

func (w *walk) hash(key []byte) uint64 {
	return maphash.Bytes(w.seed, key)
}

// freelist checks that the listed pages are free: in range, listed once and
// not visited. The trees must have been visited before.
func (w *walk) freelist() error {
	if w.f.Freelist == NoFreelist {
		return nil
	}
	p := &w.page
	if err := p.read(w.f, w.f.Freelist); err != nil {
		return err
	}
	if p.flags != freelistPage {
		return damaged("page %d has flags %#x, want a freelist", p.id, p.flags)
	}
	if err := w.markRun(p); err != nil {
		return err
	}
	ids, err := p.freeIDs(w.f)
	if err != nil {
		return err
	}
	for len(ids) > 0 {
		id := order.Uint64(ids)
		if id >= w.f.HighWater || !w.mark(id) {
			return damaged("freelist names page %d, which is in use, listed twice or past the end", id)
		}
		ids = ids[8:]
	}
	return nil
}
