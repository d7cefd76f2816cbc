package main

import (
	"sync/atomic"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/bertsearch/bertsearch"
	"github.com/bertsearch/bertsearch/cmd/bertsearch/internal/terminal"
)

// The values of --progress.
const (
	progressAuto = "auto"
	progressJSON = "json"
	progressNone = "none"
)

// progressEvery is the time between two lines of --progress json.
const progressEvery = time.Second

// progress shows how far a long command has come.
type progress struct {
	program *program
	total   atomic.Int64  // documents that will come, 0 while nobody knows
	bar     *terminal.Bar // on a terminal, else nil
	json    bool
	printed time.Time
}

// newProgress reads --progress. The bar goes to standard error, and only if
// that is a terminal.
func (p *program) newProgress(c *cli.Context, unit string) (*progress, error) {
	shown := &progress{program: p, printed: time.Now()}
	switch form := c.String("progress"); form {
	case progressNone:
	case progressJSON:
		shown.json = true
	case progressAuto, "":
		if p.errScreen.Interactive {
			shown.bar = terminal.NewBar(p.errs, p.errScreen, unit)
		}
	default:
		return nil, usagef("%s: --progress is %q: want auto, json or none", c.Command.Name, form)
	}
	return shown, nil
}

// progressLine is one line of --progress json.
type progressLine struct {
	Done         int `json:"done"`
	Total        int `json:"total"` // 0 while it is not known
	Acknowledged int `json:"acknowledged"`
}

// update takes the state after a batch. Lines go out at once: a reader may act
// on what they say is safe.
func (g *progress) update(state bertsearch.Progress) {
	total := int(g.total.Load())
	if g.bar != nil {
		g.bar.Set(state.Done, total)
	}
	if !g.json || time.Since(g.printed) < progressEvery {
		return
	}
	g.printed = time.Now()
	// A failed write stays in the buffer and is reported at the end.
	_ = g.program.printJSON(progressLine{Done: state.Done, Total: total, Acknowledged: state.Acknowledged})
	_ = g.program.out.Flush()
}

// shown reports whether anybody sees the progress.
func (g *progress) shown() bool { return g.bar != nil || g.json }

// end removes the bar.
func (g *progress) end() {
	if g.bar != nil {
		g.bar.Clear()
	}
}
