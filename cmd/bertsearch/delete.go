package main

import (
	"errors"

	"github.com/urfave/cli/v2"

	"github.com/bertsearch/bertsearch"
)

func (p *program) deleteCommand() *cli.Command {
	return &cli.Command{
		Name:      "delete",
		Usage:     "remove documents by id or by filter",
		ArgsUsage: "ID…",
		Description: `The exit status is 1 when there was nothing to remove.

   bertsearch delete -db notes.db doc-17 doc-18
   bertsearch delete -db notes.db --filter 'year < 2015 or exists draft'`,
		Flags: databaseFlags(
			&cli.StringFlag{Name: "filter", Usage: "remove the documents that match `EXPR`"},
		),
		Action: p.delete,
	}
}

func (p *program) delete(c *cli.Context) error {
	filter, err := filterFlag(c)
	if err != nil {
		return err
	}
	if c.Args().Present() == (filter != nil) {
		return usagef("delete: give either ids or --filter")
	}
	db, err := openForChange(c, nil)
	if err != nil {
		return err
	}
	count, err := remove(c, db, filter)
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	if c.Bool("json") {
		err = p.printJSON(map[string]int{"deleted": count})
	} else {
		p.printf("%s deleted\n", plural(count, "document"))
	}
	if err == nil && count == 0 {
		err = errNothing
	}
	return err
}

func remove(c *cli.Context, db *bertsearch.DB, filter bertsearch.Filter) (int, error) {
	if filter != nil {
		return db.DeleteWhere(c.Context, filter)
	}
	return db.Delete(c.Context, c.Args().Slice()...)
}
