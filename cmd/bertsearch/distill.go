package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/bertsearch/bertsearch/embed"
	"github.com/bertsearch/bertsearch/train/dataset"
	"github.com/bertsearch/bertsearch/train/distill"
)

func (p *program) distillCommand() *cli.Command {
	return &cli.Command{
		Name:  "distill",
		Usage: "make a smaller, faster model that embeds your texts as a large one does",
		Description: `A student with some of the model's layers, or narrower ones, learns the vectors
that the model gives texts, or their similarities: texts of a database, or of
files. It needs no labels. The folder that comes out is one for --model;
databases made with the large model have to be indexed anew with it.

   bertsearch distill -db notes.db --layers 3 --out small
   bertsearch distill --data texts.txt --hidden 192 --out slim
   bertsearch distill --data texts.txt --hidden 192 --learn scores --out tiny

A narrower student that learns vectors ends in a projection to the model's
dimension; one that learns scores has vectors of its hidden size. An interrupted
run goes on with --resume. "bertsearch bench models" compares what comes out, and
"bertsearch model export --int8" makes it a quarter of the size.`,
		Flags: databaseFlags(
			&cli.StringSliceFlag{Name: "data", Usage: "learn from the texts in `FILE`, in place of a database's"},
			&cli.StringFlag{Name: "out", Aliases: []string{"o"}, Usage: "write the model to the folder `DIR`"},
			&cli.IntFlag{Name: "layers", Usage: "keep `N` layers", DefaultText: "half of them, with --hidden all"},
			&cli.IntFlag{Name: "hidden", Usage: "make hidden states of `N` values, whole heads of the model's", DefaultText: "as many as the model's"},
			&cli.StringFlag{Name: "learn", Usage: "learn `WHAT`: " + joinNames(distill.Targets()), Value: string(distill.Vectors)},
			&cli.BoolFlag{Name: "resume", Usage: "go on with an interrupted run"},
			&cli.IntFlag{Name: "epochs", Usage: "go over the texts `N` times", DefaultText: "1"},
			&cli.IntFlag{Name: "max-steps", Usage: "stop after `N` steps", DefaultText: "none"},
			&cli.IntFlag{Name: "batch", Usage: "learn from `N` texts a step", DefaultText: "32"},
			&cli.Float64Flag{Name: "rate", Usage: "learning rate `R` at its highest", DefaultText: "3e-4, with --hidden 5e-4"},
			&cli.IntFlag{Name: "checkpoint", Usage: "be able to resume after every `N` steps", DefaultText: "25"},
			&cli.Uint64Flag{Name: "seed", Usage: "seed `N` of all that is drawn at random"},
		),
		Action: p.distill,
	}
}

func (p *program) distill(c *cli.Context) error {
	if err := noArguments(c); err != nil {
		return err
	}
	out := c.String("out")
	if out == "" || (c.String("db") == "") == (len(c.StringSlice("data")) == 0) {
		return usagef("distill: want --out DIR and either -db DB or --data FILE")
	}
	precision, err := parsePrecision(c.String("precision"))
	if err != nil {
		return err
	}
	teacher, err := openSettled(c, &embed.Options{Precision: precision})
	if err != nil {
		return err
	}
	texts, err := distillTexts(c, teacher)
	if err != nil {
		return err
	}
	result, err := p.runDistill(c, teacher, texts)
	if err != nil {
		return err
	}
	card := []byte(distillCard(teacher, result))
	if err := errors.Join(result.Student.Save(out), teacher.Tokenizer().Save(out), os.WriteFile(filepath.Join(out, cardName), card, 0o644)); err != nil {
		return err
	}
	return errors.Join(removeIfThere(filepath.Join(out, checkpointName)), p.printDistilled(c, result))
}

// runDistill teaches a student, with a checkpoint in the folder that it will be written to.
func (p *program) runDistill(c *cli.Context, teacher *embed.BERT, texts []string) (*distill.Result, error) {
	if err := os.MkdirAll(c.String("out"), 0o755); err != nil {
		return nil, err
	}
	shown := p.newTuneProgress(c)
	control := distill.Control{
		Checkpoint: filepath.Join(c.String("out"), checkpointName), CheckpointEvery: c.Int("checkpoint"), Progress: shown.step,
	}
	if !c.Bool("resume") {
		if err := removeIfThere(control.Checkpoint); err != nil {
			return nil, err
		}
	}
	result, err := distill.Run(c.Context, teacher, texts, distill.Recipe{
		Layers: c.Int("layers"), Hidden: c.Int("hidden"), Learn: distill.Target(c.String("learn")),
		Epochs: c.Int("epochs"), MaxSteps: c.Int("max-steps"), Batch: c.Int("batch"),
		LearningRate: c.Float64("rate"), Seed: c.Uint64("seed"),
	}, control)
	shown.end()
	if errors.Is(err, context.Canceled) {
		return nil, errors.New("interrupted: the same command with --resume goes on")
	}
	return result, err
}

// distillTexts are the passages of the database, or the texts of the files.
func distillTexts(c *cli.Context, teacher *embed.BERT) ([]string, error) {
	if c.String("db") == "" {
		examples, err := readExamples(c, "data")
		return textsOf(examples), err
	}
	db, err := openForReading(c)
	if err != nil {
		return nil, err
	}
	var texts []string
	for d, err := range db.Documents(c.Context) {
		if err != nil {
			return nil, errors.Join(err, db.Close())
		}
		for _, span := range teacher.Passages(d.Title, d.Text) {
			texts = append(texts, embed.PassageText(d.Title, d.Text[span.Start:span.End]))
		}
	}
	return texts, db.Close()
}

// textsOf lists the texts of examples.
func textsOf(examples []dataset.Example) []string {
	var texts []string
	for _, e := range examples {
		if texts = append(texts, e.Text); e.Pair != "" {
			texts = append(texts, e.Pair)
		}
	}
	return texts
}

// distillCard describes a student in Markdown.
func distillCard(teacher *embed.BERT, r *distill.Result) string {
	var b strings.Builder
	fmt.Fprintf(&b, "---\nbase_model: %q\nlibrary_name: sentence-transformers\ntags: [bertsearch, distillation]\n---\n\n# %s\n\n", teacher.Name(), r.Student.Name)
	fmt.Fprintf(&b, "Distilled by bertsearch on %s from %s.\n\n| | |\n|---|---|\n", time.Now().UTC().Format(time.DateOnly), teacher.Name())
	fmt.Fprintf(&b, "| student | %d layers of %d, vectors of %d |\n", r.Recipe.Layers, r.Recipe.Hidden, r.Student.Dimension())
	fmt.Fprintf(&b, "| texts | %d learnt from, %d held out |\n| recipe | learns %s, AdamW, rate %g, batch %d, %d epochs, %d steps, seed %d |\n",
		r.Texts, r.HeldOut, r.Recipe.Learn, r.Recipe.LearningRate, r.Recipe.Batch, r.Recipe.Epochs, len(r.Losses), r.Recipe.Seed)
	if r.After.Cosine != 0 {
		fmt.Fprintf(&b, "| cosine to the teacher's vectors, held out | %.4f, before %.4f |\n", r.After.Cosine, r.Before.Cosine)
	}
	fmt.Fprintf(&b, "| correlation with the teacher's scores, held out | %.4f, before %.4f |\n", r.After.Scores, r.Before.Scores)
	return b.String()
}

// distilledJSON is what distill --json prints at the end.
type distilledJSON struct {
	Layers     int              `json:"layers"`
	Hidden     int              `json:"hidden"`
	Dimension  int              `json:"dimension"`
	Parameters int              `json:"parameters"`
	Learnt     distill.Target   `json:"learnt"`
	Before     distill.Likeness `json:"before"`
	After      distill.Likeness `json:"after"`
	Texts      int              `json:"texts"`
	HeldOut    int              `json:"held_out"`
	Steps      int              `json:"steps"`
	TokensPerS float64          `json:"tokens_per_s"`
	Seconds    float64          `json:"seconds"`
}

func (p *program) printDistilled(c *cli.Context, r *distill.Result) error {
	if c.Bool("json") {
		return p.printJSON(distilledJSON{
			Layers: r.Recipe.Layers, Hidden: r.Recipe.Hidden, Dimension: r.Student.Dimension(), Parameters: r.Student.Parameters(), Learnt: r.Recipe.Learn,
			Before: r.Before, After: r.After, Texts: r.Texts, HeldOut: r.HeldOut, Steps: len(r.Losses),
			TokensPerS: perSecond(r.Tokens, r.Elapsed), Seconds: r.Elapsed.Seconds(),
		})
	}
	p.printf("%s: %s of %d, learnt from %s in %s\n", c.String("out"), plural(r.Recipe.Layers, "layer"), r.Recipe.Hidden, plural(r.Texts, "text"), r.Elapsed.Round(time.Second))
	if r.HeldOut < 2 {
		return nil
	}
	if r.After.Cosine != 0 {
		p.printf("cosine to the teacher's vectors %.4f (before %.4f) over %s held out\n", r.After.Cosine, r.Before.Cosine, plural(r.HeldOut, "text"))
	}
	p.printf("correlation with the teacher's scores %.4f (before %.4f)\n", r.After.Scores, r.Before.Scores)
	return nil
}
