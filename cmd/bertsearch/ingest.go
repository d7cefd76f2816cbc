package main

import (
	"errors"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/bertsearch/bertsearch"
	"github.com/bertsearch/bertsearch/cmd/bertsearch/internal/terminal"
)

// newDatabaseFlags are for commands that may make a database and fill it.
func newDatabaseFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "engine", Usage: "vector index `NAME`: hnsw (default), flat (exact) or coder"},
		&cli.StringFlag{Name: "language", Usage: "language `CODE` of the keyword index, such as en (default) or de; fixed once made"},
		&cli.StringFlag{Name: "progress", Value: progressAuto, Usage: "`FORM` of the progress: auto (a bar on a terminal), json (a line a second on standard output) or none"},
	}
}

// ingested is what index or import did.
type ingested struct {
	bertsearch.IndexReport
	Removed int // by --sync
}

// feed puts documents into a database. It may tell the progress how many there are.
type feed func(*bertsearch.DB, *bertsearch.IndexOptions, *progress) (ingested, error)

// reportJSON is the result of index and import.
type reportJSON struct {
	Added     int               `json:"added"`
	Updated   int               `json:"updated"`
	Unchanged int               `json:"unchanged"`
	Removed   int               `json:"removed"`
	Skipped   []bertsearch.Skip `json:"skipped"`
	Seconds   float64           `json:"seconds"`
	TextsPerS float64           `json:"texts_per_s"`
	Tokens    int               `json:"tokens"`
}

// ingest opens the database of the flags, lets fill put documents into it and
// prints what came of it, also when fill was interrupted.
func (p *program) ingest(c *cli.Context, fill feed) error {
	progress, err := p.newProgress(c, "documents")
	if err != nil {
		return err
	}
	db, err := open(c, &bertsearch.Options{Engine: c.String("engine"), Language: c.String("language")})
	if err != nil {
		return err
	}
	start := time.Now()
	report, err := fill(db, &bertsearch.IndexOptions{Progress: progress.update}, progress)
	if err == nil {
		err = db.Refresh(c.Context)
	}
	if err == nil && report.Added+report.Updated > 0 {
		err = p.keepHeads(c, db)
	}
	err = errors.Join(err, db.Close())
	progress.end()
	return errors.Join(p.printReport(c, report, time.Since(start)), err)
}

func (p *program) printReport(c *cli.Context, r ingested, took time.Duration) error {
	if c.Bool("json") {
		return p.printJSON(reportJSON{
			Added: r.Added, Updated: r.Updated, Unchanged: r.Unchanged, Removed: r.Removed,
			Skipped: append([]bertsearch.Skip{}, r.Skipped...), Tokens: r.Tokens,
			Seconds: took.Seconds(), TextsPerS: perSecond(r.Texts, took),
		})
	}
	s := p.outScreen
	p.printf("%s added, %s updated, %s unchanged, %s removed in %s",
		s.Paint(terminal.Bold, terminal.Count(r.Added)), terminal.Count(r.Updated),
		terminal.Count(r.Unchanged), terminal.Count(r.Removed), took.Round(10*time.Millisecond))
	if r.Texts > 0 {
		p.printf(" (%s passages/s)", terminal.Rate(perSecond(r.Texts, took)))
	}
	p.printf("\n")
	p.printSkipped(r.Skipped)
	return nil
}

// mostSkips is how many skipped places are worth a line for a person.
const mostSkips = 10

func (p *program) printSkipped(skipped []bertsearch.Skip) {
	for i, skip := range skipped {
		if i == mostSkips {
			p.note("and %s more; --json lists them all", terminal.Count(len(skipped)-i))
			return
		}
		p.note("%s %s", p.errScreen.Paint(terminal.Yellow, "skipped"), terminal.Clean(skip.Error()))
	}
}

func perSecond(n int, took time.Duration) float64 {
	if took <= 0 {
		return 0
	}
	return float64(n) / took.Seconds()
}
