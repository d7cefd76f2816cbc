package main

import (
	"errors"

	"github.com/urfave/cli/v2"

	"github.com/bertsearch/bertsearch"
	"github.com/bertsearch/bertsearch/cmd/bertsearch/internal/terminal"
)

func (p *program) checkCommand() *cli.Command {
	return &cli.Command{
		Name:  "check",
		Usage: "verify every invariant of a database and repair what can be",
		Description: `Reads every page, document, vector and index entry. What is derived is rebuilt
where it is damaged; a problem that remains means lost data, and status 3.

   bertsearch check -db notes.db`,
		Flags:  databaseFlags(),
		Action: p.check,
	}
}

func (p *program) check(c *cli.Context) error {
	if err := noArguments(c); err != nil {
		return err
	}
	report, err := check(c)
	if err != nil {
		return err
	}
	// Lists, never null, for those who read the JSON.
	report.Problems = append([]string{}, report.Problems...)
	report.Repaired = append([]string{}, report.Repaired...)
	if c.Bool("json") {
		err = p.printJSON(report)
	} else {
		p.printCheck(report)
	}
	if err == nil && !report.OK {
		err = errReported
	}
	return err
}

// check runs the checks. A database that is too damaged to be opened is mended
// first; that it cannot be is a finding like any other.
func check(c *cli.Context) (bertsearch.CheckReport, error) {
	var repaired []string
	db, err := openForChange(c, nil)
	if errors.Is(err, bertsearch.ErrCorrupt) {
		if repaired, err = bertsearch.Repair(c.String("db")); err == nil {
			db, err = openForChange(c, nil)
		}
	}
	if errors.Is(err, bertsearch.ErrCorrupt) {
		return bertsearch.CheckReport{Problems: []string{message(err)}, Repaired: repaired}, nil
	}
	if err != nil {
		return bertsearch.CheckReport{}, err
	}
	report, err := db.Check(c.Context)
	report.Repaired = append(repaired, report.Repaired...)
	return report, errors.Join(err, db.Close())
}

func (p *program) printCheck(r bertsearch.CheckReport) {
	s := p.outScreen
	for _, problem := range r.Problems {
		p.printf("%s  %s\n", s.Paint(terminal.Red, "problem "), problem)
	}
	for _, repair := range r.Repaired {
		p.printf("%s  %s\n", s.Paint(terminal.Yellow, "repaired"), repair)
	}
	if r.OK {
		p.printf("%s\n", s.Paint(terminal.Green, "ok"))
		return
	}
	p.printf("%s\n", s.Paint(terminal.Red, "damaged: restore a copy, or export what is left and import it into a new database"))
}
