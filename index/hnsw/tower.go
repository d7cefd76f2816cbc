package hnsw

import (
	"sync"
	"sync/atomic"
)

// towers holds the links of the nodes that rise above the bottom layer, one
// in M: for each a word with its height, then M links for every layer from 1
// to the height. Words lie in blocks that never move, and a tower lies in one
// block, so that searches read them without a lock.
type towers struct {
	upper  int // links in a layer
	blocks atomic.Pointer[[][]atomic.Uint32]

	mu   sync.Mutex
	used int // words of the last block
	free [maxHeight + 1][]uint32
}

const (
	towerBlock = 1 << 14 // words
	maxHeight  = 15
)

func (t *towers) init(upper int) {
	t.upper, t.used = upper, towerBlock
	t.blocks.Store(&[][]atomic.Uint32{})
}

// size is the number of words of a tower.
func (t *towers) size(height int) int { return 1 + height*t.upper }

// add makes a tower without links and returns its place, which is never 0.
func (t *towers) add(height int) uint32 {
	t.mu.Lock()
	defer t.mu.Unlock()
	if n := len(t.free[height]); n > 0 {
		at := t.free[height][n-1]
		t.free[height] = t.free[height][:n-1]
		t.erase(at, height)
		return at
	}
	size := t.size(height)
	if t.used+size > towerBlock {
		t.grow(make([]atomic.Uint32, towerBlock))
		t.used = 0
	}
	blocks := *t.blocks.Load()
	at := uint32((len(blocks)-1)*towerBlock+t.used) + 1
	t.used += size
	t.erase(at, height)
	return at
}

// grow adds a block.
func (t *towers) grow(block []atomic.Uint32) {
	old := *t.blocks.Load()
	blocks := append(old[:len(old):len(old)], block)
	t.blocks.Store(&blocks)
}

func (t *towers) erase(at uint32, height int) {
	t.words(at)[0].Store(uint32(height))
	for layer := 1; layer <= height; layer++ {
		t.links(at, layer).erase()
	}
}

// remove gives a tower's place to later ones of its height. No search may be
// able to reach it.
func (t *towers) remove(at uint32) {
	height := t.height(at)
	t.free[height] = append(t.free[height], at)
}

// words returns the block from the place of a tower on.
func (t *towers) words(at uint32) []atomic.Uint32 {
	at--
	return (*t.blocks.Load())[at/towerBlock][at%towerBlock:]
}

// height is the top layer of the tower at a place; 0 at place 0, no tower.
func (t *towers) height(at uint32) int {
	if at == 0 {
		return 0
	}
	return int(t.words(at)[0].Load())
}

// links returns the links in a layer that the tower reaches.
func (t *towers) links(at uint32, layer int) links {
	first := 1 + (layer-1)*t.upper
	return links(t.words(at)[first : first+t.upper])
}

func (t *towers) bytes() int64 { return 4 * towerBlock * int64(len(*t.blocks.Load())) }
