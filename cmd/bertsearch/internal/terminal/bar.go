package terminal

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// redrawEvery is how often a bar is drawn again: smooth enough for the eye, and
// nothing beside the work.
const redrawEvery = 100 * time.Millisecond

// A Bar draws progress on one line of a terminal. It is not safe for
// concurrent use.
type Bar struct {
	// Unit names what is counted, such as "documents".
	Unit string
	// Note is shown at the end of the line.
	Note string

	out    io.Writer
	screen Screen
	clock  func() time.Time
	start  time.Time
	drawn  time.Time
}

// NewBar returns a bar that starts to count now.
func NewBar(out io.Writer, screen Screen, unit string) *Bar {
	return &Bar{Unit: unit, out: out, screen: screen, clock: time.Now, start: time.Now()}
}

// Set shows that done of total units are finished; a total of zero is unknown.
// Most calls draw nothing.
func (b *Bar) Set(done, total int) {
	now := b.clock()
	if now.Sub(b.drawn) < redrawEvery {
		return
	}
	b.drawn = now
	line := Shorten(strings.TrimSpace(b.line(done, total, now.Sub(b.start))+"  "+b.Note), b.screen.Columns-1)
	_, _ = fmt.Fprintf(b.out, "\r\x1b[K%s", line) // a bar that cannot be drawn is no failure
}

// Clear removes the bar from the terminal.
func (b *Bar) Clear() {
	if !b.drawn.IsZero() {
		_, _ = io.WriteString(b.out, "\r\x1b[K")
	}
}

// line is the text of the bar: share done, counts, rate and the time left at
// the mean rate so far.
func (b *Bar) line(done, total int, elapsed time.Duration) string {
	rate := float64(done) / max(elapsed.Seconds(), 1e-3)
	speed := fmt.Sprintf("%s %s/s", Rate(rate), b.Unit)
	if total <= 0 {
		return fmt.Sprintf("%s %s  %s  %s", Count(done), b.Unit, speed, Clock(elapsed))
	}
	share := min(1, float64(done)/float64(total))
	text := fmt.Sprintf(" %3.0f%%  %s of %s  %s", 100*share, Count(done), Count(total), speed)
	if done > 0 && done < total {
		left := time.Duration(float64(total-done) / rate * float64(time.Second))
		text += "  " + Clock(left) + " left"
	}
	return gauge(share, min(30, b.screen.Columns-1-Width(text))) + text
}

// gauge draws share of a bar that is cells wide, or nothing when there is no room.
func gauge(share float64, cells int) string {
	if cells < 5 {
		return ""
	}
	full := int(share * float64(cells))
	return strings.Repeat("█", full) + strings.Repeat("░", cells-full)
}
