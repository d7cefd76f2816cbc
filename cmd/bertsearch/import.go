package main

import (
	"io"
	"os"

	"github.com/urfave/cli/v2"

	"github.com/bertsearch/bertsearch"
)

func (p *program) importCommand() *cli.Command {
	return &cli.Command{
		Name:      "import",
		Usage:     "restore documents that export wrote",
		ArgsUsage: "FILE",
		Description: `FILE is - for standard input. Documents that are there already and have not
changed are left alone.

   bertsearch import -db copy.db notes.jsonl
   gunzip < notes.jsonl.gz | bertsearch import -db copy.db -`,
		Flags:  databaseFlags(newDatabaseFlags()...),
		Action: p.importDocuments,
	}
}

func (p *program) importDocuments(c *cli.Context) error {
	if c.NArg() != 1 {
		return usagef("import: want one FILE, or - for standard input")
	}
	input, err := p.openInput(c.Args().First())
	if err != nil {
		return err
	}
	defer func() { _ = input.Close() }() // only read from
	return p.ingest(c, func(db *bertsearch.DB, o *bertsearch.IndexOptions, _ *progress) (ingested, error) {
		report, err := db.Import(c.Context, input, o)
		return ingested{IndexReport: report}, err
	})
}

// openInput opens a file, or standard input for "-".
func (p *program) openInput(path string) (io.ReadCloser, error) {
	if path == "-" {
		return io.NopCloser(p.in), nil
	}
	return os.Open(path)
}
