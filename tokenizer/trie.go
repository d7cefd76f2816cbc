package tokenizer

import (
	"errors"
	"fmt"
	"slices"
)

// trie maps byte strings to ids. It is a double array (Aoe 1989): the child of a node for byte c stands at
// base XOR c, and is there if that slot's label is c. A node is one word of 64 bits, so a step is one load:
//
//	bits 0-31   id + 1 of the string that ends here, 0 if none does
//	bits 32-40  label, the byte that leads here; 256 in a free slot
//	bits 41-63  base
//
// No two inner nodes share a base. A leaf's base is 0, and the first 256 slots stay free, so a walk past a leaf fails.
// Walks carry nodes by value; the root stands outside the array.
type trie struct {
	root  node
	nodes []node
}

type node uint64

const (
	labelShift = 32
	baseShift  = 41
	labelMask  = 0x1FF
	freeLabel  = 0x100
	freeNode   = node(freeLabel << labelShift)
	maxBase    = 1<<(64-baseShift) - 1
	blockSize  = 256
)

// errTrieFull says that a vocabulary needs more than maxBase nodes.
var errTrieFull = errors.New("vocabulary too large for the trie")

// step walks from n along c; ok is false where no string goes on.
func (t *trie) step(n node, c byte) (next node, ok bool) {
	next = t.nodes[n>>baseShift^node(c)]
	return next, next>>labelShift&labelMask == node(c)
}

// id is the id of the string that ends at n, or -1.
func (n node) id() int32 { return int32(uint32(n)) - 1 }

// walk goes along s from n.
func walk[T string | []byte](t *trie, n node, s T) (node, bool) {
	ok := true
	for i := 0; ok && i < len(s); i++ {
		n, ok = t.step(n, s[i])
	}
	return n, ok
}

// find is the id of s, or -1.
func (t *trie) find(s string) int32 {
	n, ok := walk(t, t.root, s)
	if !ok {
		return -1
	}
	return n.id()
}

// checked reports whether every base leads inside the array, which step relies on, and every id is below size; in a
// trie read from bytes it may not be so.
func (t *trie) checked(size int) bool {
	inside := func(n node) bool { return int(n>>baseShift)|(blockSize-1) < len(t.nodes) && int(n.id()) < size }
	for _, n := range t.nodes {
		if !inside(n) {
			return false
		}
	}
	return inside(t.root)
}

// entry is a string and its id.
type entry struct {
	key string
	id  int32
}

// compare sorts by key, then by id.
func (a entry) compare(b entry) int {
	n := min(len(a.key), len(b.key))
	for i := range n {
		if a.key[i] != b.key[i] {
			return int(a.key[i]) - int(b.key[i])
		}
	}
	if len(a.key) != len(b.key) {
		return len(a.key) - len(b.key)
	}
	return int(a.id) - int(b.id)
}

// newTrie builds a trie of keys no longer than maxKey; of equal keys the one with the greatest id counts.
func newTrie(entries []entry) (trie, error) {
	for _, e := range entries {
		if len(e.key) > maxKey {
			return trie{}, fmt.Errorf("token %d has %d bytes, more than %d", e.id, len(e.key), maxKey)
		}
	}
	slices.SortFunc(entries, entry.compare)
	b := builder{entries: entries, nodes: make([]node, 0, 4*len(entries)+blockSize)}
	b.grow() // the free block that leaves point to
	for i := range blockSize {
		b.unlink(int32(i))
	}
	root := b.build(0, len(entries), 0)
	if b.full {
		return trie{}, errTrieFull
	}
	return trie{root: root, nodes: b.nodes}, nil
}

// maxKey bounds the depth of the recursion that builds the trie.
const maxKey = 4096

// builder lays out a trie. Free slots form a ring through next and prev; a slot that has often been tried in vain
// leaves the ring, which keeps the search short.
type builder struct {
	entries    []entry
	labels     []byte // of the children of each node on the way to the current one
	nodes      []node
	next, prev []int32
	failures   []uint8
	taken      []bool // bases in use
	head       int32  // a free slot, or -1
	full       bool
}

const (
	maxTries    = 16
	maxFailures = 8
)

// build places the subtree of entries[lo:hi], which agree in their first depth bytes, and returns its root.
func (b *builder) build(lo, hi, depth int) node {
	var n node
	for lo < hi && len(b.entries[lo].key) == depth {
		n = node(uint32(b.entries[lo].id + 1))
		lo++
	}
	if lo == hi || b.full {
		return n
	}
	mark := len(b.labels)
	for i, last := lo, -1; i < hi; i++ {
		if c := b.entries[i].key[depth]; int(c) != last {
			b.labels = append(b.labels, c)
			last = int(c)
		}
	}
	base := b.place(b.labels[mark:])
	b.labels = b.labels[:mark]
	for lo < hi && !b.full {
		c, end := b.entries[lo].key[depth], lo+1
		for end < hi && b.entries[end].key[depth] == c {
			end++
		}
		b.nodes[base^int(c)] = b.build(lo, end, depth+1) | node(c)<<labelShift
		lo = end
	}
	return n | node(base)<<baseShift
}

// place finds a base whose slots for all labels are free, and takes them.
func (b *builder) place(labels []byte) int {
	for tries := 0; b.head >= 0 && tries < maxTries; tries++ {
		slot := b.head
		base := int(slot) ^ int(labels[0])
		if !b.taken[base] && b.fits(base, labels) {
			b.take(base, labels)
			return base
		}
		b.head = b.next[slot]
		if b.failures[slot]++; b.failures[slot] == maxFailures {
			b.unlink(slot)
		}
	}
	base := len(b.nodes)
	if base+blockSize > maxBase {
		b.full = true
		return 0
	}
	b.grow()
	b.take(base, labels)
	return base
}

func (b *builder) fits(base int, labels []byte) bool {
	for _, c := range labels[1:] {
		if b.nodes[base^int(c)] != freeNode {
			return false
		}
	}
	return true
}

// take uses the slots of a base. What stands there is written later; until then the slot must not look free.
func (b *builder) take(base int, labels []byte) {
	b.taken[base] = true
	for _, c := range labels {
		b.unlink(int32(base ^ int(c)))
		b.nodes[base^int(c)] = 0
	}
}

// grow adds a block of free slots, in front of the ring's head.
func (b *builder) grow() {
	first := len(b.nodes)
	b.nodes = append(b.nodes, slices.Repeat([]node{freeNode}, blockSize)...)
	b.next = append(b.next, make([]int32, blockSize)...)
	b.prev = append(b.prev, make([]int32, blockSize)...)
	b.failures = append(b.failures, make([]uint8, blockSize)...)
	b.taken = append(b.taken, make([]bool, blockSize)...)
	for i := range blockSize {
		b.next[first+i] = int32(first + i + 1)
		b.prev[first+i] = int32(first + i - 1)
	}
	last := first + blockSize - 1
	if len(b.nodes) == blockSize || b.head < 0 {
		b.next[last], b.prev[first] = int32(first), int32(last)
	} else {
		tail := b.prev[b.head]
		b.next[tail], b.prev[first] = int32(first), tail
		b.next[last], b.prev[b.head] = b.head, int32(last)
	}
	b.head = int32(first)
}

// unlink takes a slot out of the ring; one that already left stays as it is.
func (b *builder) unlink(slot int32) {
	next, prev := b.next[slot], b.prev[slot]
	if next < 0 {
		return
	}
	b.next[prev], b.prev[next] = next, prev
	b.next[slot] = -1
	if b.head == slot {
		b.head = next
	}
	if next == slot {
		b.head = -1
	}
}
