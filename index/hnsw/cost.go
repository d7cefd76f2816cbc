package hnsw

import (
	"sync/atomic"
	"time"
)

// effort is what walks cost: the rows compared for each candidate kept, a
// moving average.
type effort struct{ perCandidate atomic.Uint32 } // in sixteenths

func (e *effort) note(compared, ef int) {
	old, now := e.perCandidate.Load(), uint32(16*compared/ef)
	if old == 0 {
		e.perCandidate.Store(now)
	} else if now/8 != old/8 {
		e.perCandidate.Store((15*old + now) / 16)
	}
}

// estimate is the number of rows that a walk with ef candidates compares.
func (e *effort) estimate(ef int) int {
	per := e.perCandidate.Load()
	if per == 0 {
		per = 16 * effortGuess
	}
	return int(per) * ef / 16
}

const effortGuess = 20

// cost is the time that comparing a row takes on a walk, all the work of
// walking included, and in a scan: moving averages of what searches took, as
// it depends on the dimension, the processor and what lies in its caches.
type cost struct{ walk, scan average }

// firstRatio is the ratio until both have been measured: 95 against 60 ns for
// 384 dimensions on a Zen 4.
const firstRatio = 1.6

// ratio is the cost of a row in a scan over that of a row on a walk.
func (c *cost) ratio() float64 {
	walk, scan := c.walk.picoseconds.Load(), c.scan.picoseconds.Load()
	if walk == 0 || scan == 0 {
		return firstRatio
	}
	return float64(scan) / float64(walk)
}

// average is a moving average of the time for one row.
type average struct{ picoseconds atomic.Int64 }

const (
	// leastTimed is the number of rows from which timing them means something.
	leastTimed = 256
	// mostJump bounds how far above the average a time may lie, so that a
	// search that lost its processor on the way counts little.
	mostJump = 4
)

func (a *average) note(took time.Duration, rows int) {
	if rows < leastTimed {
		return
	}
	now, old := int64(took)*1000/int64(rows), a.picoseconds.Load()
	if old == 0 {
		a.picoseconds.Store(max(1, now))
		return
	}
	a.picoseconds.Store(max(1, (15*old+min(now, mostJump*old))/16))
}
