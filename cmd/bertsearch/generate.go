package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/urfave/cli/v2"

	"github.com/bertsearch/bertsearch/model"
	"github.com/bertsearch/bertsearch/task"
)

func (p *program) generateCommand() *cli.Command {
	return &cli.Command{
		Name:      "generate",
		Usage:     "write a text of a text, with a model that was trained for it",
		ArgsUsage: "[TEXT…]",
		Description: `The model is one of an encoder and a decoder, as train --task seq2seq makes.
Without TEXT each document of the database is one, and what is written are the
questions that it answers: a pair a line, for tune --pairs. Without a database
each line of standard input is one.

   bertsearch generate --writer writer "a text"
   bertsearch generate --writer asker -db notes.db --out pairs.jsonl
   bertsearch tune -db notes.db --pairs pairs.jsonl`,
		Flags: databaseFlags(
			&cli.StringFlag{Name: "writer", Usage: "write with the model in the folder `DIR`, see train --task seq2seq"},
			&cli.IntFlag{Name: "beams", Value: 4, Usage: "follow `N` texts at a time; 1 takes the most probable word each time"},
			&cli.IntFlag{Name: "n", Value: 1, Usage: "print the best `N` of them"},
			&cli.Float64Flag{Name: "sample", Usage: "draw words from the likeliest that have a probability of `P` together, in place of beams", DefaultText: "off"},
			&cli.Uint64Flag{Name: "seed", Usage: "seed `N` of what is drawn"},
			&cli.IntFlag{Name: "tokens", Value: 64, Usage: "write at most `N` tokens"},
			&cli.StringFlag{Name: "out", Aliases: []string{"o"}, Usage: "write to `FILE` in place of standard output"},
		),
		Action: p.generate,
	}
}

func (p *program) generate(c *cli.Context) error {
	switch {
	case c.String("writer") == "":
		return usagef("generate: want --writer DIR, a model of an encoder and a decoder")
	case c.Int("beams") < 1 || c.Int("n") < 1 || c.Int("tokens") < 1:
		return usagef("generate: --beams is %d, -n %d and --tokens %d: want 1 or more", c.Int("beams"), c.Int("n"), c.Int("tokens"))
	case !(c.Float64("sample") >= 0 && c.Float64("sample") <= 1):
		return usagef("generate: --sample is %g: want 0 to 1", c.Float64("sample"))
	}
	writer, err := loadWriter(c.String("writer"))
	if err != nil {
		return err
	}
	out, finish := p.out, func() error { return nil }
	if path := c.String("out"); path != "" {
		f, err := os.Create(path)
		if err != nil {
			return err
		}
		out = bufio.NewWriter(f)
		finish = func() error { return errors.Join(out.Flush(), f.Close()) }
	}
	g := &generation{writer: writer, out: out, json: c.Bool("json"), most: c.Int("n"), options: model.GenerateOptions{
		Length: c.Int("tokens"), Beams: max(c.Int("beams"), c.Int("n")), Sample: c.Float64("sample"), Seed: c.Uint64("seed"),
	}}
	if c.String("db") != "" && !c.Args().Present() {
		err = g.documents(c)
	} else {
		err = g.texts(c, p.in)
	}
	return errors.Join(err, finish())
}

// loadWriter reads the folder that --writer names.
func loadWriter(dir string) (*task.Writer, error) {
	w, err := task.LoadWriter(dir)
	if err != nil {
		return nil, fmt.Errorf("--writer %s: %w; train --task seq2seq makes such a model", dir, err)
	}
	return w, nil
}

// generation is one run of the command: texts are collected and written of on
// all cores, in their order.
type generation struct {
	writer  *task.Writer
	out     *bufio.Writer
	json    bool
	most    int // texts of each
	options model.GenerateOptions
	waiting []string
}

// generated is a text and what was written of it. With --json it is a line.
type generated struct {
	Text    string   `json:"text"`
	Written []string `json:"written"`
}

// texts writes of the arguments, or of the lines of standard input.
func (g *generation) texts(c *cli.Context, in io.Reader) error {
	if c.Args().Present() {
		for _, text := range c.Args().Slice() {
			if err := g.add(c.Context, text); err != nil {
				return err
			}
		}
		return g.flush(c.Context)
	}
	lines := newLineReader(in)
	for {
		line, err := lines.next(c.Context)
		if errors.Is(err, io.EOF) {
			return g.flush(c.Context)
		}
		if err != nil {
			return lines.where(err)
		}
		if err := g.add(c.Context, string(line)); err != nil {
			return err
		}
	}
}

// documents writes pairs of each document of the database.
func (g *generation) documents(c *cli.Context) error {
	db, err := openForReading(c)
	if err != nil {
		return err
	}
	encoder := json.NewEncoder(g.out)
	for pair, err := range db.Questions(c.Context, g.writer, g.most, g.options) {
		if err == nil {
			err = encoder.Encode(pair)
		}
		if err != nil {
			return errors.Join(err, db.Close())
		}
	}
	return db.Close()
}

// generateAtOnce is how many texts wait for each other.
const generateAtOnce = 64

func (g *generation) add(ctx context.Context, text string) error {
	if g.waiting = append(g.waiting, text); len(g.waiting) < generateAtOnce {
		return nil
	}
	return g.flush(ctx)
}

// flush writes of the texts that wait, and prints it.
func (g *generation) flush(ctx context.Context) error {
	written, err := g.writer.WriteTexts(ctx, g.waiting, g.options)
	if err != nil {
		return err
	}
	for i, list := range written {
		if err := g.print(generated{g.waiting[i], list[:min(len(list), g.most)]}); err != nil {
			return err
		}
	}
	g.waiting = g.waiting[:0]
	return g.out.Flush()
}

// print writes what was written of a text.
func (g *generation) print(x generated) error {
	if g.json {
		return json.NewEncoder(g.out).Encode(x)
	}
	for _, written := range x.Written {
		if _, err := fmt.Fprintln(g.out, written); err != nil {
			return err
		}
	}
	return nil
}
