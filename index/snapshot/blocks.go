package snapshot

import (
	"encoding/binary"
	"sync"
	"sync/atomic"
)

// blocks verifies the blocks of a body, each once. A block that fails is
// verified, and fails, again.
type blocks struct {
	body []byte
	sums []byte
	seen []atomic.Uint32 // bit i%32 of word i/32: block i is good

	reading sync.RWMutex // held for reading while a block is summed
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
		if b.good(i) {
			continue
		}
		if err := b.sum(i); err != nil {
			return err
		}
	}
	return nil
}

// good reports whether a block was verified.
func (b *blocks) good(i int64) bool { return b.seen[i/32].Load()>>(i%32)&1 != 0 }

// sum verifies a block. It looks again whether that was done, as its bytes may
// have been changed since.
func (b *blocks) sum(i int64) error {
	b.reading.RLock()
	defer b.reading.RUnlock()
	if b.good(i) {
		return nil
	}
	start := i * BlockSize
	end := min(start+BlockSize, int64(len(b.body)))
	if checksum(b.body[start:end]) != binary.NativeEndian.Uint32(b.sums[4*i:]) {
		return corrupt("bytes %d to %d do not match their checksum", start, end)
	}
	b.seen[i/32].Or(1 << (i % 32))
	return nil
}

// settle is check for bytes that are about to be changed: when it returns,
// nobody sums them.
func (b *blocks) settle(from, to int64) error {
	if err := b.check(from, to); err != nil {
		return err
	}
	b.reading.Lock()
	defer b.reading.Unlock()
	return nil
}
