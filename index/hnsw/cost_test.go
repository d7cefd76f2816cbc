package hnsw

import (
	"testing"
	"time"
)

// TestCostFollowsMeasurement: the ratio is a guess until both sides have been
// timed, then theirs, and one search that lost its processor moves it little.
func TestCostFollowsMeasurement(t *testing.T) {
	var c cost
	if c.ratio() != firstRatio {
		t.Errorf("ratio %v before anything was timed", c.ratio())
	}
	c.walk.note(time.Second, leastTimed-1) // too few to mean something
	if c.walk.picoseconds.Load() != 0 {
		t.Error("a handful of rows was timed")
	}
	c.walk.note(100*time.Microsecond, 1000)
	c.scan.note(300*time.Microsecond, 1000)
	if r := c.ratio(); r != 3 {
		t.Errorf("ratio %v, want 3", r)
	}
	c.scan.note(time.Minute, 1000)
	if r := c.ratio(); r < 3 || r > 4 {
		t.Errorf("one slow scan moved the ratio from 3 to %v", r)
	}
	for range 200 {
		c.scan.note(100*time.Microsecond, 1000)
	}
	if r := c.ratio(); r < 0.95 || r > 1.05 {
		t.Errorf("ratio %v after 200 scans as fast as walks", r)
	}
}

// TestPlanByCost walks where that is cheaper and compares all that match where
// they are few, or scanning is cheap.
func TestPlanByCost(t *testing.T) {
	x, err := New(16, nil)
	if err != nil {
		t.Fatal(err)
	}
	const live = 100_000
	if p := x.plan(64, live, nil); !p.walk {
		t.Error("all of 100,000 rows would be compared")
	}
	if p := x.plan(64, 500, nil); p.walk {
		t.Error("500 rows would be walked through")
	}
	if p := x.plan(everyRow, live, nil); p.walk {
		t.Error("a walk that keeps every row")
	}
}
