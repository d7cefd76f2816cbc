package nn

import (
	"sync/atomic"
	"time"
)

// Share is one member's part in an operation that a team works on together.
// The zero value is the whole work, done alone.
type Share struct {
	index, count int // member index of count; count 0 is alone
	barrier      *barrier
	yield        func() // called between pieces of the work, or nil
}

// Alone is the whole work, done alone, that calls yield between pieces of about
// a millisecond; nil is the zero value.
func Alone(yield func()) Share { return Share{yield: yield} }

// Yield lets more urgent work go first, if there may be any.
func (s Share) Yield() {
	if s.yield != nil {
		s.yield()
	}
}

// Index is the member's number, from 0.
func (s Share) Index() int { return s.index }

// Range divides n items evenly and returns this member's [first, last).
func (s Share) Range(n int) (first, last int) {
	if s.count < 2 {
		return 0, n
	}
	return n * s.index / s.count, n * (s.index + 1) / s.count
}

// Wait returns when every member has called it: what they wrote before is
// visible after.
func (s Share) Wait() {
	s.Yield()
	if s.count > 1 {
		s.barrier.wait(int32(s.count), s.yield)
	}
}

// barrier holds members until all have arrived. It spins, because the
// operations of a short query take microseconds, less than waking a goroutine;
// where other programs hold the core that a member needs, waiting members give
// theirs up after a while. With a yield they wait in that while more urgent
// work wants their cores.
type barrier struct {
	arrived atomic.Int32
	_       [60]byte // the two counters on lines of their own
	round   atomic.Uint32
	_       [60]byte
}

func (b *barrier) wait(count int32, yield func()) {
	round := b.round.Load()
	if b.arrived.Add(1) == count {
		b.arrived.Store(0)
		b.round.Add(1)
		return
	}
	passed := func() bool { return b.round.Load() != round }
	for !spin(passed, spinTime) {
		if yield != nil {
			yield()
		}
		time.Sleep(spinTime)
	}
}
