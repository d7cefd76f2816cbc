package snapshot

import (
	"encoding/binary"
	"runtime"
	"sync/atomic"

	"golang.org/x/sync/errgroup"
)

// blocks verifies the blocks of a body, each once. A block that fails is
// verified, and fails, again.
type blocks struct {
	body []byte
	sums []byte
	seen []atomic.Uint32 // bit i%32 of word i/32: block i is good
}

// init takes the trailer that follows body.
func (b *blocks) init(body, trailer []byte) error {
	count := (len(body) + BlockSize - 1) / BlockSize
	if len(trailer) != 4*count+4 {
		return corrupt("its trailer has %d bytes and should have %d", len(trailer), 4*count+4)
	}
	sums, sum := trailer[:4*count], trailer[4*count:]
	if checksum(sums) != binary.NativeEndian.Uint32(sum) {
		return corrupt("the checksums of its blocks are damaged")
	}
	b.body, b.sums = body, sums
	b.seen = make([]atomic.Uint32, (count+31)/32)
	return nil
}

// check verifies the blocks that bytes from to to of the body lie in.
func (b *blocks) check(from, to int64) error {
	for i := from / BlockSize; i*BlockSize < to; i++ {
		word, bit := &b.seen[i/32], uint32(1)<<(i%32)
		if word.Load()&bit != 0 {
			continue
		}
		start := i * BlockSize
		end := min(start+BlockSize, int64(len(b.body)))
		if checksum(b.body[start:end]) != binary.NativeEndian.Uint32(b.sums[4*i:]) {
			return corrupt("bytes %d to %d do not match their checksum", start, end)
		}
		word.Or(bit)
	}
	return nil
}

// parallelBlocks is the least work that is worth a goroutine.
const parallelBlocks = 64

// checkParallel is check on all cores.
func (b *blocks) checkParallel(from, to int64) error {
	workers := int64(runtime.GOMAXPROCS(0))
	share := max((to-from)/workers+1, parallelBlocks*BlockSize)
	var group errgroup.Group
	for start := from; start < to; start += share {
		group.Go(func() error { return b.check(start, min(start+share, to)) })
	}
	return group.Wait()
}
