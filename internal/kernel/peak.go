package kernel

import "time"

// Peak measures what one core of this chip can do at most at the active level:
// float32 operations a second, in units of 10^9, in a loop of nothing but
// independent multiply-adds, each two operations. It takes 50 ms; it is 0 where
// there is no such loop.
func Peak() float64 {
	const steps = 10_000
	best := 0.0
	for start := time.Now(); time.Since(start) < 50*time.Millisecond; {
		from := time.Now()
		operations := multiplyAdds(steps)
		best = max(best, operations/time.Since(from).Seconds()/1e9)
	}
	return best
}
