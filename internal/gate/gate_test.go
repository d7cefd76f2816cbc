package gate

import (
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestYieldWaitsForShortWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g Gate
		start := time.Now()
		g.Yield()
		if waited := time.Since(start); waited != 0 {
			t.Errorf("waited %v at an open gate", waited)
		}
		g.Enter()
		g.Enter() // within another
		time.AfterFunc(time.Millisecond, g.Leave)
		time.AfterFunc(3*time.Millisecond, g.Leave)
		g.Yield()
		if waited := time.Since(start); waited != 3*time.Millisecond {
			t.Errorf("waited %v, want until the last has left after 3ms", waited)
		}
	})
}

// TestYieldHasTurns: beside short work without an end the long work still has
// its share of the time.
func TestYieldHasTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g Gate
		g.Enter()
		start, pieces := time.Now(), 0
		for time.Since(start) < 10*(longestWait+turn) {
			g.Yield()
			time.Sleep(time.Millisecond) // a piece
			pieces++
		}
		if want := 10 * int(turn/time.Millisecond); pieces < want-10 || pieces > want+10 {
			t.Errorf("%d pieces of 1ms in 10 rounds, want about %d", pieces, want)
		}
		g.Leave()
	})
}

func TestGateFromManyGoroutines(t *testing.T) {
	var g Gate
	var work sync.WaitGroup
	var yields atomic.Int64
	for range 4 {
		work.Go(func() {
			for range 2000 {
				g.Enter()
				g.Leave()
			}
		})
		work.Go(func() {
			for range 500 {
				g.Yield()
				yields.Add(1)
			}
		})
	}
	work.Wait()
	if yields.Load() != 2000 || g.idle != nil || g.busy.Load() != 0 {
		t.Errorf("%d yields, %d at work", yields.Load(), g.busy.Load())
	}
}
