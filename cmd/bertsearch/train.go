package main

import (
	"cmp"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/bertsearch/bertsearch/cmd/bertsearch/internal/terminal"
	"github.com/bertsearch/bertsearch/eval"
	"github.com/bertsearch/bertsearch/model"
	"github.com/bertsearch/bertsearch/model/minilm"
	"github.com/bertsearch/bertsearch/tokenizer"
	"github.com/bertsearch/bertsearch/train/dataset"
	"github.com/bertsearch/bertsearch/train/heads"
)

// Files in the folder of a model that is trained, beside the model's own.
const (
	checkpointName = "training.checkpoint" // while it is trained
	cardName       = "README.md"
)

func (p *program) trainCommand() *cli.Command {
	return &cli.Command{
		Name:  "train",
		Usage: "teach a model to label texts, find names, answer, or judge passages",
		Description: `Trains an encoder with a head on labelled texts and writes a folder that
transformers loads; tsdae trains a model of sentences on texts alone. A part of
the texts is held out, or --dev names others; the weights that are best on them
are kept.

   bertsearch train --task classify --data mails.csv --out topics
   bertsearch train --task classify --data train.tsv --dev dev.tsv --out mood
   bertsearch train --task pair --data pairs.tsv --score relatedness --out like
   bertsearch train --task ner --data train.conll --out names
   bertsearch train --task qa --data squad.json --out reader
   bertsearch train --task rerank --data judged.jsonl --out judge
   bertsearch train --task mlm --data notes.txt --out adapted
   bertsearch train --task seq2seq --data pairs.jsonl --out writer
   bertsearch train --task tsdae --data notes.txt --out adapted

FILE is JSON, JSON lines, CSV or TSV, CoNLL, SQuAD's JSON or plain text, by its
name or --format. Columns and keys are known by their usual names, or are those
of --text, --pair, --label and --score; of a table without names they are given
by number, from 1. An interrupted run goes on with --resume.`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "task", Usage: "learn `TASK`: " + joinNames(heads.Kinds())},
			&cli.StringSliceFlag{Name: "data", Usage: "learn from `FILE`; may be given several times"},
			&cli.StringSliceFlag{Name: "dev", Usage: "measure on `FILE` in place of a held-out part"},
			&cli.StringFlag{Name: "out", Aliases: []string{"o"}, Usage: "write the model to the folder `DIR`"},
			&cli.StringFlag{Name: "format", Usage: "read files as `FORMAT`: " + joinNames(dataset.Formats()), DefaultText: "by their names"},
			&cli.StringFlag{Name: "text", Usage: "take the text from column `NAME`", DefaultText: "the usual names"},
			&cli.StringFlag{Name: "pair", Usage: "take the second text from column `NAME`", DefaultText: "the usual names"},
			&cli.StringFlag{Name: "label", Usage: "take the label from column `NAME`", DefaultText: "the usual names"},
			&cli.StringFlag{Name: "score", Usage: "take a number to learn from column `NAME`", DefaultText: "the usual names"},
			&cli.BoolFlag{Name: "resume", Usage: "go on with an interrupted run"},
			&cli.BoolFlag{Name: "scratch", Usage: "begin with random weights of the model's shape"},
			&cli.BoolFlag{Name: "balance", Usage: "weigh labels by how rare they are"},
			&cli.IntFlag{Name: "epochs", Usage: "go over the texts `N` times", DefaultText: "3"},
			&cli.IntFlag{Name: "max-steps", Usage: "stop after `N` steps", DefaultText: "none"},
			&cli.IntFlag{Name: "batch", Usage: "learn from `N` texts a step", DefaultText: "16"},
			&cli.Float64Flag{Name: "rate", Usage: "learning rate `R` at its highest", DefaultText: "2e-5, of seq2seq 1e-4, of tsdae 1e-5"},
			&cli.Float64Flag{Name: "warmup", Usage: "share `S` of the steps over which the rate rises", DefaultText: "0.1"},
			&cli.Float64Flag{Name: "dropout", Usage: "leave out a share `S` of values, −1 for none", DefaultText: "the model's own"},
			&cli.IntFlag{Name: "length", Usage: "cut texts at `N` tokens", DefaultText: "128, of qa and rerank 384"},
			&cli.IntFlag{Name: "written", Usage: "cut texts that seq2seq learns to write at `N` tokens", DefaultText: "64"},
			&cli.IntFlag{Name: "decoder-layers", Usage: "begin seq2seq or tsdae with a decoder of `N` of the encoder's layers", DefaultText: "2"},
			&cli.BoolFlag{Name: "pick", Usage: "of seq2seq, learn to write a sentence of those it reads: a beginning without targets"},
			&cli.Float64Flag{Name: "smoothing", Usage: "of seq2seq, want a share `S` of the probability for all words alike", DefaultText: "0"},
			&cli.IntFlag{Name: "layers", Usage: "train only the last `N` layers and the head", DefaultText: "all"},
			&cli.IntFlag{Name: "lora", Usage: "train updates of rank `N` in place of the encoder's weights", DefaultText: "off"},
			&cli.Float64Flag{Name: "held-out", Usage: "hold out a share `S` of the texts, −1 for none", DefaultText: "0.1"},
			&cli.IntFlag{Name: "measure", Usage: "measure every `N` steps", DefaultText: "once an epoch"},
			&cli.IntFlag{Name: "patience", Usage: "end after `N` measurements without a better one, −1 for never", DefaultText: "2"},
			&cli.IntFlag{Name: "checkpoint", Usage: "be able to resume after every `N` steps", DefaultText: "100"},
			&cli.Uint64Flag{Name: "seed", Usage: "seed `N` of all that is drawn at random"},
			modelFlag(), jsonFlag(),
		},
		Action: p.train,
	}
}

// joinNames lists names for a help text.
func joinNames[T ~string](list []T) string {
	var names []string
	for _, x := range list {
		names = append(names, string(x))
	}
	return strings.Join(names, ", ")
}

func (p *program) train(c *cli.Context) error {
	if err := noArguments(c); err != nil {
		return err
	}
	kind, out := heads.Kind(c.String("task")), c.String("out")
	switch {
	case !slices.Contains(heads.Kinds(), kind):
		return usagef("train: --task is %q: want one of %s", kind, joinNames(heads.Kinds()))
	case c.Bool("pick") && kind != heads.Writing:
		return usagef("train: --pick is of --task %s, not of %s", heads.Writing, kind)
	case len(c.StringSlice("data")) == 0 || out == "":
		return usagef("train: want --data FILE and --out DIR")
	case c.String("format") != "" && !slices.Contains(dataset.Formats(), dataset.Format(c.String("format"))):
		return usagef("train: --format is %q: want one of %s", c.String("format"), joinNames(dataset.Formats()))
	}
	job, err := trainJob(c, kind)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	shown := p.newTuneProgress(c)
	control := heads.Control{
		Checkpoint: filepath.Join(out, checkpointName), CheckpointEvery: c.Int("checkpoint"), Progress: shown.step,
	}
	if !c.Bool("resume") {
		if err := removeIfThere(control.Checkpoint); err != nil {
			return err
		}
	} else if _, err := os.Stat(control.Checkpoint); errors.Is(err, fs.ErrNotExist) {
		p.note("there is no interrupted run in %s: it begins anew", out)
	}
	result, err := heads.Run(c.Context, *job, control)
	shown.end()
	if err != nil {
		return err
	}
	card := result.Card(kind, cmp.Or(c.String("model"), "the built-in model"), c.StringSlice("data"), time.Now())
	if err := saveTrained(out, result, card); err != nil {
		return err
	}
	return errors.Join(removeIfThere(control.Checkpoint), p.printTraining(c, result))
}

// trainJob reads the flags, the data and the model.
func trainJob(c *cli.Context, kind heads.Kind) (*heads.Job, error) {
	job := &heads.Job{Kind: kind, Recipe: heads.Recipe{
		Epochs: c.Int("epochs"), MaxSteps: c.Int("max-steps"), Batch: c.Int("batch"), LearningRate: c.Float64("rate"), Warmup: c.Float64("warmup"),
		Dropout: c.Float64("dropout"), Length: c.Int("length"), Layers: c.Int("layers"), LoRA: c.Int("lora"), Balance: c.Bool("balance"),
		HeldOut: c.Float64("held-out"), MeasureEvery: c.Int("measure"), Patience: c.Int("patience"), Seed: c.Uint64("seed"),
	}}
	var err error
	if job.Train, err = readExamples(c, "data"); err != nil {
		return nil, err
	}
	if job.HeldOut, err = readExamples(c, "dev"); err != nil {
		return nil, err
	}
	switch kind {
	case heads.Writing:
		job.Recipe.Written, job.Recipe.Smoothing, job.Recipe.Pick = c.Int("written"), c.Float64("smoothing"), c.Bool("pick")
		job.Writer, job.Tokens, err = startingWriter(c)
	case heads.Denoise:
		job.Recipe.Decoder = c.Int("decoder-layers")
		job.Sentence, job.Tokens, err = startingEncoder(c)
	default:
		job.Model, job.Tokens, err = startingModel(c, kind, job.Train)
	}
	return job, err
}

// readExamples reads the files that a flag names.
func readExamples(c *cli.Context, flag string) ([]dataset.Example, error) {
	o := &dataset.Options{
		Format:  dataset.Format(c.String("format")),
		Columns: dataset.Columns{Text: c.String("text"), Pair: c.String("pair"), Label: c.String("label"), Score: c.String("score")},
	}
	var all []dataset.Example
	kind := heads.Kind(c.String("task"))
	unlabelled := []heads.Kind{"", heads.Words, heads.Next, heads.Denoise} // "": distill
	for _, path := range c.StringSlice(flag) {
		if cmp.Or(o.Format, dataset.FormatOf(path)) == dataset.Plain && !slices.Contains(unlabelled, kind) && !c.Bool("pick") {
			return nil, usagef("train: %s is read as plain text, which has nothing to learn for %s: say how it is written with --format", path, kind)
		}
		examples, err := dataset.Load(path, o)
		if err != nil {
			return nil, err
		}
		all = append(all, examples...)
	}
	return all, nil
}

// startingEncoder is that of the folder that --model names, or the built-in one.
func startingEncoder(c *cli.Context) (*model.Sentence, *tokenizer.Tokenizer, error) {
	var s *model.Sentence
	var tokens *tokenizer.Tokenizer
	var err error
	if dir := c.String("model"); dir == "" {
		s, tokens, err = minilm.Load()
	} else if tokens, err = tokenizer.Load(dir); err == nil {
		s, err = model.Load(dir)
	}
	if err == nil && c.Bool("scratch") {
		s.Encoder, err = model.NewEncoder(s.Encoder.Config, c.Uint64("seed"))
	}
	return s, tokens, err
}

// startingWriter is what training of a writer begins with: the folder that
// --model names, if it is one of an encoder and a decoder, or a new decoder
// behind an encoder.
func startingWriter(c *cli.Context) (*model.Seq2Seq, *tokenizer.Tokenizer, error) {
	if dir := c.String("model"); dir != "" && !c.Bool("scratch") {
		if m, err := model.LoadSeq2Seq(dir); err == nil {
			tokens, err := tokenizer.Load(dir)
			return m, tokens, err
		}
	}
	s, tokens, err := startingEncoder(c)
	if err != nil {
		return nil, nil, err
	}
	m, err := heads.NewWriter(s.Encoder, tokens, c.Int("decoder-layers"), c.Uint64("seed"))
	if err != nil {
		return nil, nil, err
	}
	m.Digest = s.Digest
	return m, tokens, nil
}

// startingModel is what training begins with: the folder that --model names,
// with its head if it has the one that is trained, or the built-in encoder.
func startingModel(c *cli.Context, kind heads.Kind, examples []dataset.Example) (*model.TaskModel, *tokenizer.Tokenizer, error) {
	s, tokens, err := startingEncoder(c)
	if err != nil {
		return nil, nil, err
	}
	fresh, err := heads.New(kind, s.Encoder, examples, c.Uint64("seed"))
	if err != nil {
		return nil, nil, err
	}
	fresh.Digest = s.Digest
	if dir := c.String("model"); dir != "" && !c.Bool("scratch") {
		trained, err := model.LoadTask(dir)
		if err == nil && trained.Task == fresh.Task && slices.Equal(trained.Labels, fresh.Labels) && trained.Problem == fresh.Problem {
			return trained, tokens, nil
		}
	}
	return fresh, tokens, nil
}

// removeIfThere removes a file, and says nothing if there is none.
func removeIfThere(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// saveTrained writes all of a folder.
func saveTrained(dir string, r *heads.Result, card string) error {
	var m interface{ Save(string) error } = r.Model
	switch {
	case r.Writer != nil:
		m = r.Writer
	case r.Sentence != nil:
		m = r.Sentence
	}
	return errors.Join(m.Save(dir), r.Tokenizer.Save(dir), os.WriteFile(filepath.Join(dir, cardName), []byte(card), 0o644))
}

// trainingJSON is what train --json prints at the end.
type trainingJSON struct {
	Before     heads.Figures `json:"before"`
	After      heads.Figures `json:"after"`
	PValue     float64       `json:"p_value,omitempty"` // of after being as good as before
	Swapped    bool          `json:"swapped"`           // never: training changes no database
	Best       int           `json:"best_step"`
	Steps      int           `json:"steps"`
	Train      int           `json:"train"`
	HeldOut    int           `json:"held_out"`
	StepsPerS  float64       `json:"steps_per_s"`
	TokensPerS float64       `json:"tokens_per_s"`
	Seconds    float64       `json:"seconds"`
}

func (p *program) printTraining(c *cli.Context, r *heads.Result) error {
	out := trainingJSON{
		Before: r.Before, After: r.After, Best: r.Best, Steps: len(r.Losses), Train: r.Train, HeldOut: r.HeldOut,
		StepsPerS: perSecond(len(r.Losses), r.Elapsed), TokensPerS: perSecond(r.Tokens, r.Elapsed), Seconds: r.Elapsed.Seconds(),
	}
	if difference, err := eval.Compare(r.Before.Each, r.After.Each); err == nil {
		out.PValue = difference.Randomisation
	}
	if c.Bool("json") {
		return p.printJSON(out)
	}
	if r.HeldOut > 0 {
		table := terminal.Table{Right: []bool{false, true, true}}
		table.Add(terminal.Cell{Text: "held out", Style: terminal.Faint}, terminal.Cell{Text: "before", Style: terminal.Faint}, terminal.Cell{Text: "after", Style: terminal.Faint})
		for _, name := range slices.Sorted(maps.Keys(r.After.Values)) {
			table.Add(terminal.Plain(name, fourDigits(r.Before.Values[name]), fourDigits(r.After.Values[name]))...)
		}
		if err := table.Print(p.out, p.outScreen); err != nil {
			return err
		}
	}
	p.printf("%s: learnt from %s in %s, %d held out; the weights are those after step %d of %d\n", c.String("out"), plural(r.Train, "example"),
		r.Elapsed.Round(time.Second), r.HeldOut, r.Best, len(r.Losses))
	return nil
}
