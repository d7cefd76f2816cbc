package main

import (
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/bertsearch/bertsearch"
	"github.com/bertsearch/bertsearch/cmd/bertsearch/internal/terminal"
)

func (p *program) statsCommand() *cli.Command {
	return &cli.Command{
		Name:  "stats",
		Usage: "show what a database holds and what it costs",
		Description: `   bertsearch stats -db notes.db
   bertsearch stats -db notes.db --json`,
		Flags:  databaseFlags(),
		Action: p.stats,
	}
}

func (p *program) stats(c *cli.Context) error {
	if err := noArguments(c); err != nil {
		return err
	}
	db, err := openForSearch(c)
	if err != nil {
		return err
	}
	stats, err := db.Stats(c.Context)
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	if c.Bool("json") {
		return p.printJSON(stats)
	}
	return p.printStats(stats)
}

func (p *program) printStats(s bertsearch.Stats) error {
	engine := s.Index.Engine
	if s.Index.Recall > 0 {
		engine += fmt.Sprintf(", recall@10 %.3f", s.Index.Recall)
	}
	return p.printPairs(
		"documents", terminal.Count(s.Documents),
		"passages", terminal.Count(s.Passages),
		"vectors", terminal.Count(s.Vectors),
		"model", fmt.Sprintf("%s, %d dimensions, %s", s.Model.Name, s.Model.Dimension, s.Model.Precision),
		"fingerprint", s.Model.Fingerprint,
		"index", engine+", "+terminal.Bytes(s.Index.Bytes)+" in memory",
		"language", s.Language,
		"on disk", fmt.Sprintf("%s: store %s, vectors %s, keyword %s", terminal.Bytes(s.Bytes.Total),
			terminal.Bytes(s.Bytes.Store), terminal.Bytes(s.Bytes.Vectors), terminal.Bytes(s.Bytes.Keyword)),
		"format", fmt.Sprint(s.Format),
	)
}

// printPairs writes names and values in two columns.
func (p *program) printPairs(pairs ...string) error {
	var table terminal.Table
	for i := 0; i < len(pairs); i += 2 {
		table.Add(terminal.Cell{Text: pairs[i], Style: terminal.Faint}, terminal.Cell{Text: pairs[i+1]})
	}
	return table.Print(p.out, p.outScreen)
}

// noArguments is for commands that take flags alone.
func noArguments(c *cli.Context) error {
	if c.Args().Present() {
		return usagef("%s: unexpected argument %q", c.Command.Name, c.Args().First())
	}
	return nil
}
