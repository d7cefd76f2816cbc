package main

import (
	"errors"

	"github.com/urfave/cli/v2"

	"github.com/bertsearch/bertsearch"
	"github.com/bertsearch/bertsearch/cmd/bertsearch/internal/terminal"
)

func (p *program) compactCommand() *cli.Command {
	return &cli.Command{
		Name:  "compact",
		Usage: "give the space of what was deleted back",
		Description: `Writes the files of a database anew without what was deleted, and drops the
vectors of models that are no longer in use, so that there is no rollback to
them. Searches of this process would go on meanwhile; another process that has the
database open must close it first. It needs as much free space as the new files.

   bertsearch compact -db notes.db`,
		Flags:  databaseFlags(),
		Action: p.compact,
	}
}

func (p *program) compact(c *cli.Context) error {
	if err := noArguments(c); err != nil {
		return err
	}
	db, err := openForChange(c, nil)
	if err != nil {
		return err
	}
	report, err := db.Compact(c.Context)
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	if c.Bool("json") {
		return p.printJSON(report)
	}
	return p.printCompact(report)
}

func (p *program) printCompact(r bertsearch.CompactReport) error {
	table := terminal.Table{Right: []bool{false, true, true}}
	table.Add(terminal.Plain("", "before", "after")...)
	for _, part := range []struct {
		name          string
		before, after int64
	}{
		{"store", r.Before.Store, r.After.Store},
		{"vectors", r.Before.Vectors, r.After.Vectors},
		{"keyword", r.Before.Keyword, r.After.Keyword},
		{"total", r.Before.Total, r.After.Total},
	} {
		table.Add(terminal.Plain(part.name, terminal.Bytes(part.before), terminal.Bytes(part.after))...)
	}
	return table.Print(p.out, p.outScreen)
}
