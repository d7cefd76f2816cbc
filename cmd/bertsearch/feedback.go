package main

import (
	"errors"

	"github.com/urfave/cli/v2"

	"github.com/bertsearch/bertsearch"
)

func (p *program) feedbackCommand() *cli.Command {
	return &cli.Command{
		Name:      "feedback",
		Usage:     "remember which documents answer a query, for tune to learn from",
		ArgsUsage: "QUERY ID +1|-1",
		Description: `Remembers that a document answers a query, +1, or does not, -1. Of two judgements
of the same query and document the later one holds; the last 10,000 are kept.
"bertsearch tune" without --pairs and --qrels learns from them when 20 queries
or more have an answer.

   bertsearch feedback -db notes.db "change the keys" doc-17 +1
   bertsearch feedback -db notes.db "change the keys" doc-18 -1
   bertsearch feedback -db notes.db --list
   bertsearch feedback -db notes.db --clear`,
		Flags: databaseFlags(
			&cli.BoolFlag{Name: "list", Usage: "print what is remembered"},
			&cli.BoolFlag{Name: "clear", Usage: "forget all of it"},
		),
		Action: p.feedback,
	}
}

func (p *program) feedback(c *cli.Context) error {
	list, forget, n := c.Bool("list"), c.Bool("clear"), c.NArg()
	if list && forget || (list || forget) != (n == 0) || n != 0 && n != 3 {
		return usagef("feedback: want a query, the id of a document and +1 or -1, or --list, or --clear")
	}
	if list {
		return p.listFeedback(c)
	}
	var j bertsearch.Judgement
	if n > 0 {
		var err error
		if j, err = parseJudgement(c.Args().Slice()); err != nil {
			return err
		}
	}
	db, err := openForChange(c, nil)
	if err != nil {
		return err
	}
	if forget {
		return errors.Join(db.ClearFeedback(c.Context), db.Close())
	}
	if err := errors.Join(db.Feedback(c.Context, j.Query, j.ID, j.Sign), db.Close()); err != nil {
		return err
	}
	if c.Bool("json") {
		return p.printJSON(j)
	}
	return nil
}

// parseJudgement reads QUERY ID SIGN.
func parseJudgement(args []string) (bertsearch.Judgement, error) {
	j := bertsearch.Judgement{Query: args[0], ID: args[1]}
	switch args[2] {
	case "+1", "1":
		j.Sign = 1
	case "-1":
		j.Sign = -1
	default:
		return j, usagef("feedback: the sign is %q: want +1 for a document that answers the query, -1 for one that does not", args[2])
	}
	return j, nil
}

func (p *program) listFeedback(c *cli.Context) error {
	db, err := openForReading(c)
	if err != nil {
		return err
	}
	list, err := db.Judgements(c.Context)
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	for _, j := range list {
		if !c.Bool("json") {
			p.printf("%+d  %s  %s\n", j.Sign, j.ID, j.Query)
		} else if err := p.printJSON(j); err != nil {
			return err
		}
	}
	if len(list) == 0 {
		return errNothing
	}
	return nil
}
