// Package gate lets long work make way for short work that somebody waits for:
// training for searches.
package gate

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// longestWait is how long the long work waits for short work that never
	// ends, before it has a turn.
	longestWait = 100 * time.Millisecond
	// turn is how long it then goes on beside the short work: a fifth of the
	// time, so that most of the short work has the machine to itself.
	turn = 25 * time.Millisecond
)

// A Gate is open while there is no short work. The zero value is open. Short
// work calls Enter and Leave, long work Yield between small pieces of a
// millisecond or so.
type Gate struct {
	busy atomic.Int32 // short work that goes on
	mu   sync.Mutex
	idle chan struct{} // closed when busy falls to 0; nil while it is 0
	turn time.Time     // until then long work does not wait
}

// Enter begins a piece of short work.
func (g *Gate) Enter() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.busy.Add(1) == 1 {
		g.idle = make(chan struct{})
	}
}

// Leave ends it.
func (g *Gate) Leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.busy.Add(-1) == 0 {
		close(g.idle)
		g.idle = nil
	}
}

// Yield returns at once while there is no short work, and else when it ends or
// it is the long work's turn. Goroutines that wait to run do so first, for the
// scheduler would let them wait for ten milliseconds.
func (g *Gate) Yield() {
	runtime.Gosched()
	if g.busy.Load() == 0 {
		return
	}
	if idle := g.closed(); idle != nil {
		g.wait(idle)
	}
}

// closed returns what to wait for, nil for nothing.
func (g *Gate) closed() <-chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	if time.Now().Before(g.turn) {
		return nil
	}
	return g.idle
}

// wait returns when idle is closed, or after longestWait with a turn.
func (g *Gate) wait(idle <-chan struct{}) {
	limit := time.NewTimer(longestWait)
	defer limit.Stop()
	select {
	case <-idle:
	case <-limit.C:
		g.mu.Lock()
		defer g.mu.Unlock()
		g.turn = time.Now().Add(turn)
	}
}
