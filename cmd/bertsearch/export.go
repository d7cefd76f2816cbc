package main

import (
	"errors"

	"github.com/urfave/cli/v2"

	"github.com/bertsearch/bertsearch"
)

func (p *program) exportCommand() *cli.Command {
	return &cli.Command{
		Name:  "export",
		Usage: "write all documents as JSON lines",
		Description: `Standard output gets one document a line, with or without --json, with all that
import needs to restore it.

   bertsearch export -db notes.db > notes.jsonl
   bertsearch export -db notes.db --vectors | gzip > notes.jsonl.gz`,
		Flags: databaseFlags(
			&cli.BoolFlag{Name: "vectors", Usage: "write the embeddings too, so that import need not compute them"},
		),
		Action: p.export,
	}
}

func (p *program) export(c *cli.Context) error {
	if err := noArguments(c); err != nil {
		return err
	}
	db, err := openForReading(c)
	if err != nil {
		return err
	}
	_, err = db.Export(c.Context, p.out, &bertsearch.ExportOptions{Vectors: c.Bool("vectors")})
	return errors.Join(err, db.Close())
}
