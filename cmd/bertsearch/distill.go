package main

import (
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
		Description: `A student with some of the model's layers learns the vectors that the model
gives texts: those of a database, or of files. It needs no labels. The folder
that comes out is one for --model; databases made with the large model have to
be indexed anew with it.

   bertsearch distill -db notes.db --layers 3 --out small
   bertsearch distill --data texts.txt --layers 2 --epochs 3 --out tiny
   bertsearch eval beir-folder --model small`,
		Flags: databaseFlags(
			&cli.StringSliceFlag{Name: "data", Usage: "learn from the texts in `FILE`, in place of a database's"},
			&cli.StringFlag{Name: "out", Aliases: []string{"o"}, Usage: "write the model to the folder `DIR`"},
			&cli.IntFlag{Name: "layers", Usage: "keep `N` layers", DefaultText: "half of them"},
			&cli.IntFlag{Name: "epochs", Usage: "go over the texts `N` times", DefaultText: "1"},
			&cli.IntFlag{Name: "max-steps", Usage: "stop after `N` steps", DefaultText: "none"},
			&cli.IntFlag{Name: "batch", Usage: "learn from `N` texts a step", DefaultText: "32"},
			&cli.Float64Flag{Name: "rate", Usage: "learning rate `R` at its highest", DefaultText: "1e-4"},
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
	teacher, err := openModel(c, &embed.Options{Precision: embed.F32})
	if err != nil {
		return err
	}
	texts, err := distillTexts(c, teacher)
	if err != nil {
		return err
	}
	shown := p.newTuneProgress(c)
	result, err := distill.Run(c.Context, teacher, texts, distill.Recipe{
		Layers: c.Int("layers"), Epochs: c.Int("epochs"), MaxSteps: c.Int("max-steps"), Batch: c.Int("batch"),
		LearningRate: c.Float64("rate"), Seed: c.Uint64("seed"),
	}, shown.step)
	shown.end()
	if err != nil {
		return err
	}
	card := []byte(distillCard(teacher, result))
	if err := errors.Join(result.Student.Save(out), teacher.Tokenizer().Save(out), os.WriteFile(filepath.Join(out, "README.md"), card, 0o644)); err != nil {
		return err
	}
	return p.printDistilled(c, result)
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
	fmt.Fprintf(&b, "| texts | %d learnt from, %d held out |\n| recipe | AdamW, rate %g, batch %d, %d epochs, %d steps, seed %d |\n",
		r.Texts, r.HeldOut, r.Recipe.LearningRate, r.Recipe.Batch, r.Recipe.Epochs, len(r.Losses), r.Recipe.Seed)
	fmt.Fprintf(&b, "| cosine to the teacher's vectors, held out | %.4f, before %.4f |\n", r.After, r.Before)
	return b.String()
}

// distilledJSON is what distill --json prints at the end.
type distilledJSON struct {
	Layers     int     `json:"layers"`
	Parameters int     `json:"parameters"`
	Before     float64 `json:"before"` // mean cosine to the teacher's vectors
	After      float64 `json:"after"`
	Texts      int     `json:"texts"`
	HeldOut    int     `json:"held_out"`
	Steps      int     `json:"steps"`
	TokensPerS float64 `json:"tokens_per_s"`
	Seconds    float64 `json:"seconds"`
}

func (p *program) printDistilled(c *cli.Context, r *distill.Result) error {
	if c.Bool("json") {
		return p.printJSON(distilledJSON{
			Layers: r.Recipe.Layers, Parameters: r.Student.Encoder.Parameters(), Before: r.Before, After: r.After, Texts: r.Texts,
			HeldOut: r.HeldOut, Steps: len(r.Losses), TokensPerS: perSecond(r.Tokens, r.Elapsed), Seconds: r.Elapsed.Seconds(),
		})
	}
	p.printf("%s: %s, cosine to the teacher's vectors %.4f (before %.4f) over %s held out; learnt from %s in %s\n", c.String("out"),
		plural(r.Recipe.Layers, "layer"), r.After, r.Before, plural(r.HeldOut, "text"), plural(r.Texts, "text"), r.Elapsed.Round(time.Second))
	return nil
}
