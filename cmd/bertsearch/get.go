package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/bertsearch/bertsearch"
	"github.com/bertsearch/bertsearch/cmd/bertsearch/internal/terminal"
)

func (p *program) getCommand() *cli.Command {
	return &cli.Command{
		Name:      "get",
		Usage:     "print documents by id",
		ArgsUsage: "ID…",
		Description: `With --json each document is one line, in the form that index reads.

   bertsearch get -db notes.db doc-17
   bertsearch get -db notes.db --json doc-17 doc-18 > two.jsonl`,
		Flags:  databaseFlags(),
		Action: p.get,
	}
}

func (p *program) get(c *cli.Context) error {
	if !c.Args().Present() {
		return usagef("get: no id: name the documents to print")
	}
	db, err := openForReading(c)
	if err != nil {
		return err
	}
	return errors.Join(p.printDocuments(c, db), db.Close())
}

// printDocuments prints those that are there, and ends with errNothing if one
// is not.
func (p *program) printDocuments(c *cli.Context, db *bertsearch.DB) error {
	var result error
	for _, id := range c.Args().Slice() {
		document, err := db.Get(c.Context, id)
		switch {
		case errors.Is(err, bertsearch.ErrNotFound):
			p.note("get: no document has the id %q", id)
			result = errNothing
			continue
		case err != nil:
			return err
		case c.Bool("json"):
			err = p.printJSON(document)
		default:
			p.printDocument(document)
		}
		if err != nil {
			return err
		}
	}
	return result
}

// printDocument writes a document for people: what it is called, its fields,
// its text.
func (p *program) printDocument(d bertsearch.Document) {
	s, columns := p.outScreen, min(p.outScreen.Columns, widestText)
	if d.Title != "" {
		p.printf("%s  ", s.Paint(terminal.Bold, terminal.Clean(d.Title)))
	}
	p.printf("%s\n", s.Paint(terminal.Cyan, terminal.Clean(d.ID)))
	if fields := fieldLine(d.Fields); fields != "" {
		p.printf("%s\n", s.Paint(terminal.Faint, fields))
	}
	for line := range strings.Lines(d.Text) {
		wrapped := s.Excerpt(line, nil, columns, len(line)+1)
		p.printf("%s\n", strings.Join(wrapped, "\n"))
	}
	_, _ = fmt.Fprintln(p.out)
}
