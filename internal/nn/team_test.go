package nn

import (
	"slices"
	"sync/atomic"
	"testing"
	"time"
)

func TestRangeCoversEverything(t *testing.T) {
	for count := 1; count <= 5; count++ {
		for _, n := range []int{0, 1, 3, 4, 17} {
			next := 0
			for i := range count {
				first, last := Share{index: i, count: count}.Range(n)
				if first != next || last < first {
					t.Errorf("%d items for %d members: member %d has [%d, %d)", n, count, i, first, last)
				}
				next = last
			}
			if next != n {
				t.Errorf("%d items for %d members: [0, %d) shared out", n, count, next)
			}
		}
	}
}

// TestTeamSteps runs many rounds of dependent steps: each step reads what all
// members wrote in the one before, so a barrier that lets one pass early shows.
func TestTeamSteps(t *testing.T) {
	for _, count := range []int{1, 2, 3, 5} {
		team := NewTeam(count)
		const items, steps = 7, 20
		for range 200 {
			now, next := make([]int, items), make([]int, items)
			team.Do(func(s Share) {
				a, b := now, next
				for range steps {
					first, last := s.Range(items)
					for i := first; i < last; i++ {
						b[i] = a[(i+1)%items] + 1
					}
					s.Wait()
					a, b = b, a
				}
			})
			want := slices.Repeat([]int{steps}, items)
			if !slices.Equal(now, want) {
				t.Fatalf("%d members: %v after %d steps", count, now, steps)
			}
		}
		team.Close()
	}
}

// TestTeamWakes lets the members fall asleep between rounds.
func TestTeamWakes(t *testing.T) {
	team := NewTeam(3)
	defer team.Close()
	var calls atomic.Int32
	for i := range 20 {
		time.Sleep(time.Duration(i%4) * spinTime)
		team.Do(func(Share) { calls.Add(1) })
	}
	if calls.Load() != 60 {
		t.Errorf("%d calls in 20 rounds of 3 members", calls.Load())
	}
}

func TestTeamDoesNotAllocate(t *testing.T) {
	team := NewTeam(2)
	defer team.Close()
	work := func(s Share) { s.Wait() }
	if n := testing.AllocsPerRun(50, func() { team.Do(work) }); n > 0 {
		t.Errorf("%g allocations a round", n)
	}
}
