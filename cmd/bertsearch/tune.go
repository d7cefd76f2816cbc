package main

import (
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/bertsearch/bertsearch"
	"github.com/bertsearch/bertsearch/cmd/bertsearch/internal/chart"
	"github.com/bertsearch/bertsearch/cmd/bertsearch/internal/terminal"
	"github.com/bertsearch/bertsearch/eval"
	"github.com/bertsearch/bertsearch/train"
)

// tuneGC is the garbage, in percent of what is in use, that is collected while
// tuning: training keeps more than a gigabyte and makes little garbage.
const tuneGC = 10

func (p *program) tuneCommand() *cli.Command {
	return &cli.Command{
		Name:  "tune",
		Usage: "let the model learn a database's documents",
		Description: `Trains the database's model on pairs of a question and its answer; without any
on what "bertsearch feedback" remembers, and without that on pairs made of the
documents. With --writer a model writes the questions that documents answer. Some
questions are held out; the new model takes over if it is better on them, and
nothing changes if it is not. Search goes on meanwhile. An interrupted run goes on
with --resume.

   bertsearch tune -db notes.db
   bertsearch tune -db notes.db --pairs clicks.jsonl
   bertsearch tune -db notes.db --qrels beir-folder
   bertsearch tune -db notes.db --pairs clicks.jsonl --adapter
   bertsearch tune -db notes.db --writer asker
   bertsearch tune -db notes.db --dry-run
   bertsearch tune -db notes.db --resume
   bertsearch tune -db notes.db --rollback

A line of --pairs is {"query", "positive" or "positive_id", and perhaps
"negative" or "negative_id"}, where ids are of the database's documents. --qrels
is a folder in the layout of BEIR whose documents are in the database; its
qrels/train.tsv is learnt from.`,
		Flags: databaseFlags(
			&cli.StringFlag{Name: "pairs", Usage: "learn from the pairs in `FILE`, JSON lines"},
			&cli.StringFlag{Name: "qrels", Usage: "learn from the training judgements of the BEIR folder `DIR`"},
			&cli.StringFlag{Name: "writer", Usage: "learn from questions that the model in `DIR` writes of the documents, see train --task seq2seq"},
			&cli.IntFlag{Name: "questions", Usage: "have `N` questions written of each document", DefaultText: "3"},
			&cli.BoolFlag{Name: "ignore-feedback", Usage: "without labels, learn from the documents, not from feedback"},
			&cli.BoolFlag{Name: "adapter", Usage: "from labels, learn a map of queries: seconds, and no document is embedded again"},
			&cli.BoolFlag{Name: "encoder", Usage: "without labels or with --writer, train the encoder, not an adapter of queries"},
			&cli.BoolFlag{Name: "dry-run", Usage: "train and measure, but change nothing"},
			&cli.BoolFlag{Name: "resume", Usage: "go on with an interrupted run"},
			&cli.BoolFlag{Name: "rollback", Usage: "go back to the model used before"},
			&cli.StringFlag{Name: "loss", Usage: "minimise `NAME`: " + strings.Join(train.LossNames(), ", ")},
			&cli.IntFlag{Name: "epochs", Usage: "go over the pairs `N` times", DefaultText: "3, without labels 1"},
			&cli.IntFlag{Name: "max-steps", Usage: "stop after `N` steps", DefaultText: "none, without labels 64"},
			&cli.IntFlag{Name: "batch", Usage: "learn from `N` pairs a step", DefaultText: "32"},
			&cli.Float64Flag{Name: "rate", Usage: "learning rate `R` at its highest", DefaultText: "1e-4, without labels 1e-5"},
			&cli.IntFlag{Name: "length", Usage: "cut training texts at `N` tokens", DefaultText: "the model's own, without labels 128"},
			&cli.IntFlag{Name: "layers", Usage: "train only the last `N` layers", DefaultText: "all"},
			&cli.IntFlag{Name: "lora", Usage: "train updates of rank `N` in place of the weights", DefaultText: "off"},
			&cli.Float64Flag{Name: "tsdae", Usage: "add `W` times the loss of rebuilding passages from their vectors", DefaultText: "none"},
			&cli.IntFlag{Name: "negatives", Usage: "mine `N` wrong passages for each pair", DefaultText: "none"},
			&cli.Float64Flag{Name: "held-out", Usage: "share `S` of the questions that decide, not trained on", DefaultText: "0.15"},
			&cli.Uint64Flag{Name: "seed", Usage: "seed `N` of all that is drawn at random"},
			&cli.StringFlag{Name: "plot", Usage: "draw loss and held-out nDCG@10 by step to `FILE`, .png or .svg"},
			&cli.IntFlag{Name: "checkpoint", Usage: "be able to resume after every `N` steps", DefaultText: "25"},
		),
		Action: p.tune,
	}
}

func (p *program) tune(c *cli.Context) error {
	if err := noArguments(c); err != nil {
		return err
	}
	modes := 0
	for _, name := range []string{"resume", "rollback", "pairs", "qrels", "writer"} {
		if c.IsSet(name) {
			modes++
		}
	}
	if modes > 1 || c.Bool("rollback") && c.Bool("dry-run") {
		return usagef("tune: want at most one of --pairs, --qrels, --writer, --resume and --rollback")
	}
	plot := c.String("plot")
	if plot != "" {
		if err := chart.Check(plot); err != nil {
			return usagef("tune: --plot: %v", err)
		}
	}
	options, err := tuneOptions(c)
	if err != nil {
		return err
	}
	db, err := openForChange(c, nil)
	if err != nil {
		return err
	}
	if c.Bool("rollback") {
		return errors.Join(p.changeModel(c, db, db.Rollback(c.Context)), db.Close())
	}
	lowerPriority()
	debug.SetGCPercent(tuneGC)
	shown := p.newTuneProgress(c)
	options.Written, options.Progress, options.Embedding = shown.written, shown.step, shown.embedding
	report, err := db.Tune(c.Context, options)
	shown.end()
	if err := errors.Join(err, db.Close()); err != nil {
		return resumable(c, err)
	}
	if plot != "" {
		if err := chart.Save(plot, tuningChart(report)); err != nil {
			return err
		}
	}
	if c.Bool("json") {
		report.Losses = nil // each was a line of its own
		return p.printJSON(report)
	}
	return p.printTuning(report)
}

// resumable says how to go on with a tuning that was interrupted.
func resumable(c *cli.Context, err error) error {
	if !errors.Is(err, bertsearch.ErrInterrupted) {
		return err
	}
	return fmt.Errorf("interrupted: searches go by the model as before; bertsearch tune -db %s --resume goes on", c.String("db"))
}

// tuneOptions reads the flags and the pairs that they name.
func tuneOptions(c *cli.Context) (train.Options, error) {
	o := train.Options{
		Recipe: train.Recipe{
			Loss: c.String("loss"), Epochs: c.Int("epochs"), MaxSteps: c.Int("max-steps"), Batch: c.Int("batch"),
			LearningRate: c.Float64("rate"), Length: c.Int("length"), Layers: c.Int("layers"), LoRA: c.Int("lora"), Seed: c.Uint64("seed"),
			TSDAE: c.Float64("tsdae"),
		},
		Negatives: c.Int("negatives"), HeldOut: c.Float64("held-out"), DryRun: c.Bool("dry-run"), Resume: c.Bool("resume"),
		IgnoreFeedback: c.Bool("ignore-feedback"), Encoder: c.Bool("encoder"), Adapter: c.Bool("adapter"),
		CheckpointEvery: c.Int("checkpoint"), Questions: c.Int("questions"),
	}
	if name := c.String("loss"); name != "" {
		if _, err := train.ParseLoss(name); err != nil {
			return o, usagef("tune: --loss is %q: want one of %s", name, strings.Join(train.LossNames(), ", "))
		}
	}
	var err error
	switch {
	case c.IsSet("pairs"):
		o.Pairs, err = readPairs(c.String("pairs"))
	case c.IsSet("qrels"):
		o.Pairs, err = judgedPairs(c.String("qrels"))
	case c.IsSet("writer"):
		o.Writer, err = loadWriter(c.String("writer"))
	}
	if err == nil && len(o.Pairs) == 0 && (c.IsSet("pairs") || c.IsSet("qrels")) {
		err = usagef("tune: there is no pair to learn from in %s%s", c.String("pairs"), c.String("qrels"))
	}
	return o, err
}

func readPairs(path string) ([]train.Pair, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // only read
	return train.ReadPairs(f, path)
}

// judgedPairs makes a pair of each training judgement of a BEIR folder.
func judgedPairs(dir string) ([]train.Pair, error) {
	d, err := eval.OpenBEIRSplit(dir, "train")
	if err != nil {
		return nil, err
	}
	var pairs []train.Pair
	for _, q := range d.Queries {
		for _, id := range d.Qrels.Relevant(q.ID) {
			pairs = append(pairs, train.Pair{Query: q.Text, PositiveID: id})
		}
	}
	return pairs, nil
}

// fourDigits writes a figure as evaluations have them.
func fourDigits(f float64) string { return fmt.Sprintf("%.4f", f) }

func (p *program) printTuning(r bertsearch.TuneReport) error {
	s := p.outScreen
	if r.Swapped {
		p.printf("%s: searches go by %s now; tune --rollback goes back\n", s.Paint(terminal.Green, "better"), r.Model)
	} else {
		p.printf("%s: %s\n", s.Paint(terminal.Yellow, "the model stays as it was"), r.Reason)
	}
	table := terminal.Table{Right: []bool{false, true, true}}
	table.Add(terminal.Cell{Text: "ndcg@10", Style: terminal.Faint}, terminal.Cell{Text: "before", Style: terminal.Faint}, terminal.Cell{Text: "after", Style: terminal.Faint})
	table.Add(terminal.Plain("dense", fourDigits(r.Before.Dense), fourDigits(r.After.Dense))...)
	table.Add(terminal.Plain("hybrid", fourDigits(r.Before.Hybrid), fourDigits(r.After.Hybrid))...)
	if err := table.Print(p.out, s); err != nil {
		return err
	}
	p.printf("%s held out, %s; %d steps on %s from %s, %.0f%% of the change kept, %s\n", plural(r.Questions, "question"), chance(r.PValue),
		r.Steps, plural(r.Pairs, "pair"), r.Source, 100*r.Mix, time.Duration(r.Seconds*float64(time.Second)).Round(time.Second))
	return nil
}
