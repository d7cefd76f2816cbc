package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/bertsearch/bertsearch"
	"github.com/bertsearch/bertsearch/embed"
)

// databaseFlags are on every command that works on a database.
func databaseFlags(more ...cli.Flag) []cli.Flag {
	return append([]cli.Flag{
		&cli.StringFlag{Name: "db", EnvVars: []string{"BERTSEARCH_DB"}, Usage: "the database, a folder `DIR`"},
		modelFlag(), precisionFlag(), jsonFlag(),
	}, more...)
}

func modelFlag() cli.Flag {
	return &cli.StringFlag{Name: "model", EnvVars: []string{"BERTSEARCH_MODEL"},
		Usage: "Hugging Face or Sentence-Transformers folder `DIR` in place of the built-in model"}
}

// openError is a database that could not be opened. It sets a missing database,
// which is a failure, apart from a missing document.
type openError struct{ error }

func (e openError) Unwrap() error { return e.error }

// openForReading opens the database named on the command line; any number of
// processes may read at once.
func openForReading(c *cli.Context) (*bertsearch.DB, error) {
	return open(c, &bertsearch.Options{ReadOnly: true})
}

// openForChange opens a database that must exist already for writing.
func openForChange(c *cli.Context, o *bertsearch.Options) (*bertsearch.DB, error) {
	if dir := c.String("db"); dir != "" {
		if _, err := os.Stat(dir); err != nil {
			return nil, openError{fmt.Errorf("open %s: %w: make a database with the index command", dir, errors.Unwrap(err))}
		}
	}
	return open(c, o)
}

// openForSearch is openForReading for a command that uses the derived indexes.
// Where one needs a writer to catch up with the store, as after a crash, the
// database is opened for writing once; if another process has it, or the folder
// is read-only, the reader makes do with its own copy.
func openForSearch(c *cli.Context) (*bertsearch.DB, error) {
	db, err := openForReading(c)
	if err != nil {
		return nil, err
	}
	if behind, err := db.Behind(); err != nil || !behind {
		return db, nil // an error comes back, with its place, from the search itself
	}
	if err := db.Close(); err != nil {
		return nil, err
	}
	_ = catchUp(c) // as said above, the reader can do without
	if err := c.Err(); err != nil {
		return nil, err
	}
	return openForReading(c)
}

// catchUp brings the derived indexes up to date on disk.
func catchUp(c *cli.Context) error {
	db, err := open(c, &bertsearch.Options{LockTimeout: 10 * time.Millisecond})
	if err != nil {
		return err
	}
	return errors.Join(db.Refresh(c.Context), db.Close())
}

// open opens the database with the model that the flags name. With the precision
// left to auto, a database opens in the one that it was made in.
func open(c *cli.Context, o *bertsearch.Options) (*bertsearch.DB, error) {
	dir := c.String("db")
	if dir == "" {
		return nil, usagef("no database: give -db DIR or set BERTSEARCH_DB")
	}
	precision, err := parsePrecision(c.String("precision"))
	if err != nil {
		return nil, err
	}
	model, err := openModel(c, &embed.Options{Precision: precision})
	if err != nil {
		return nil, err
	}
	db, err := bertsearch.OpenWith(dir, model, o)
	if err != nil {
		return nil, openError{err}
	}
	return db, nil
}

// openModel opens the folder that --model names, or the built-in model.
func openModel(c *cli.Context, o *embed.Options) (*embed.BERT, error) {
	return loadModel(c.String("model"), o)
}

// loadModel opens the model in dir, or the built-in one.
func loadModel(dir string, o *embed.Options) (*embed.BERT, error) {
	if dir == "" {
		return embed.Default(o)
	}
	return embed.Load(dir, o)
}
