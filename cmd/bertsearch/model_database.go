package main

import (
	"errors"

	"github.com/urfave/cli/v2"

	"github.com/bertsearch/bertsearch"
	"github.com/bertsearch/bertsearch/cmd/bertsearch/internal/terminal"
	"github.com/bertsearch/bertsearch/embed"
)

// chosenModel opens the model of --model, or of the database if one is named.
func (p *program) chosenModel(c *cli.Context) (*embed.BERT, error) {
	if !c.IsSet("db") {
		return openModel(c, nil)
	}
	db, err := openForReading(c)
	if err != nil {
		return nil, err
	}
	b, ok := db.Embedder().(*embed.BERT)
	if err := db.Close(); err != nil {
		return nil, err
	}
	if !ok {
		return nil, errors.New("the database's model has no weights in this process")
	}
	return b, nil
}

// saveModel writes a model as a folder, with what tuning wrote about it.
func (p *program) saveModel(c *cli.Context, b *embed.BERT, dir string) error {
	if c.IsSet("db") {
		db, err := openForReading(c)
		if err != nil {
			return err
		}
		if err := errors.Join(db.ExportModel(dir), db.Close()); err != nil {
			return err
		}
	}
	switch {
	case c.Bool("int8"):
		return b.SaveInt8(dir)
	case c.IsSet("db"):
		return nil
	}
	return b.Save(dir)
}

func (p *program) listModels(c *cli.Context) error {
	if err := noArguments(c); err != nil {
		return err
	}
	db, err := openForReading(c)
	if err != nil {
		return err
	}
	models, err := db.Models(c.Context)
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	var table terminal.Table
	for _, m := range models {
		if c.Bool("json") {
			if err := p.printJSON(m); err != nil {
				return err
			}
			continue
		}
		row := terminal.Plain(m.ID, m.Name, modelState(m))
		if m.Active {
			row[0].Style = terminal.Green
		}
		table.Add(row...)
	}
	return table.Print(p.out, p.outScreen)
}

// modelState says in words whether a model can be used at once.
func modelState(m bertsearch.ModelEntry) string {
	switch {
	case m.Active:
		return "in use"
	case m.Generation != 0:
		return "ready"
	}
	return "its vectors are gone: documents are embedded again when it is used"
}

func (p *program) useModel(c *cli.Context) error {
	if c.NArg() != 1 {
		return usagef("model use: want one ID; \"bertsearch model list\" shows them")
	}
	db, err := openForChange(c, nil)
	if err != nil {
		return err
	}
	return errors.Join(p.changeModel(c, db, db.UseModel(c.Context, c.Args().First())), db.Close())
}

// changeModel prints which model a database goes by after a change.
func (p *program) changeModel(c *cli.Context, db *bertsearch.DB, err error) error {
	if err != nil {
		return err
	}
	models, err := db.Models(c.Context)
	for _, m := range models {
		if !m.Active {
			continue
		}
		if c.Bool("json") {
			return p.printJSON(m)
		}
		p.printf("searches go by %s (%s) now\n", m.ID, m.Name)
	}
	return err
}
