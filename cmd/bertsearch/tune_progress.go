package main

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/bertsearch/bertsearch/cmd/bertsearch/internal/terminal"
	"github.com/bertsearch/bertsearch/train"
)

// tuneProgress shows how far a tuning has come: lines of JSON on standard
// output with --json, else a bar on standard error if that is a terminal.
type tuneProgress struct {
	program *program
	bar     *terminal.Bar // nil for none
	json    bool
}

func (p *program) newTuneProgress(c *cli.Context) *tuneProgress {
	g := &tuneProgress{program: p, json: c.Bool("json")}
	if p.errScreen.Interactive && !g.json {
		g.bar = terminal.NewBar(p.errs, p.errScreen, "steps")
	}
	return g
}

// stepJSON is a line of progress in training.
type stepJSON struct {
	Step       int     `json:"step"`
	Steps      int     `json:"steps"`
	Loss       float64 `json:"loss"`
	TokensPerS float64 `json:"tokens_per_s"`
	RemainingS float64 `json:"remaining_s"`
	Measured   float64 `json:"measured,omitempty"`
}

// writtenJSON is a line of progress in writing questions.
type writtenJSON struct {
	Written   int `json:"written"`
	Documents int `json:"documents"`
}

// embeddingJSON is a line of progress in embedding the documents again.
type embeddingJSON struct {
	Embedded   int     `json:"embedded"`
	Documents  int     `json:"documents"`
	RemainingS float64 `json:"remaining_s"` // 0 while it is not known
}

// written takes how many documents questions have been written of.
func (g *tuneProgress) written(done, total int) {
	g.line(writtenJSON{done, total})
	if g.bar == nil {
		return
	}
	g.bar.Unit, g.bar.Note = "documents", "asking"
	g.bar.Set(done, total)
	if done == total {
		g.next("steps")
	}
}

// next begins another bar.
func (g *tuneProgress) next(unit string) {
	g.bar.Clear()
	g.bar = terminal.NewBar(g.program.errs, g.program.errScreen, unit)
}

// step takes the state after a step of the training.
func (g *tuneProgress) step(s train.Progress) {
	speed := perSecond(s.Tokens, s.Elapsed)
	g.line(stepJSON{s.Step, s.Steps, s.Loss, speed, s.Remaining.Seconds(), s.Measured})
	if g.bar != nil {
		g.bar.Note = fmt.Sprintf("loss %.3f", s.Loss)
		g.bar.Set(s.Step, s.Steps)
	}
}

// embedding takes the state after documents were embedded again.
func (g *tuneProgress) embedding(s train.Embedding) {
	g.line(embeddingJSON{s.Done, s.Total, s.Remaining().Seconds()})
	if g.bar == nil {
		return
	}
	if s.Done == 0 {
		g.next("documents")
	}
	g.bar.Set(s.Done, s.Total)
}

// line prints a line of JSON if that is wanted. It goes out at once; a failed
// write stays in the buffer and is reported at the end.
func (g *tuneProgress) line(v any) {
	if g.json {
		_ = g.program.printJSON(v)
		_ = g.program.out.Flush()
	}
}

// end removes the bar.
func (g *tuneProgress) end() {
	if g.bar != nil {
		g.bar.Clear()
	}
}
