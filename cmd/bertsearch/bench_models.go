package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"github.com/urfave/cli/v2"

	"github.com/bertsearch/bertsearch"
	"github.com/bertsearch/bertsearch/cmd/bertsearch/internal/terminal"
	"github.com/bertsearch/bertsearch/embed"
	"github.com/bertsearch/bertsearch/eval"
)

func (p *program) benchModelsCommand() *cli.Command {
	return &cli.Command{
		Name:      "models",
		Usage:     "compare the size, speed and quality of models",
		ArgsUsage: "DIR [MODEL…]",
		Description: `DIR is a collection in the layout of BEIR, each MODEL a folder as distill writes it.
The built-in model, or that of --model, comes first. Each is measured as it is,
in f32, and as "model export --int8" writes it, in int8: the size of the weights'
files, how many documents a second become vectors, tokenisation included, the
fastest of three rounds over the first ones, and nDCG@10 of searching by meaning.

   bertsearch bench models scifact ./small ./slim
   bertsearch bench models scifact ./small --threads 1 --json`,
		Flags: []cli.Flag{
			modelFlag(), jsonFlag(),
			&cli.IntFlag{Name: "threads", Usage: "use `N` threads", DefaultText: "one a processor"},
			&cli.StringSliceFlag{Name: "precision", Usage: "measure in `P` alone, f32 or int8; may be repeated", DefaultText: "both"},
			&cli.IntFlag{Name: "texts", Value: 100, Usage: "measure speed on the first `N` documents"},
			&cli.IntFlag{Name: "documents", Usage: "search `N` documents: those that are judged, and the first others", DefaultText: "all"},
		},
		Action: p.benchModels,
	}
}

// modelFigures are one line of bench models.
type modelFigures struct {
	Model      string  `json:"model"`
	Precision  string  `json:"precision"`
	Layers     int     `json:"layers"`
	Hidden     int     `json:"hidden"`
	Dimension  int     `json:"dimension"`
	Parameters int     `json:"parameters"`
	Bytes      int64   `json:"bytes"`
	Threads    int     `json:"threads"`
	TextsPerS  float64 `json:"texts_per_s"`
	NDCG       float64 `json:"ndcg@10"`
	Documents  int     `json:"documents"`
	Queries    int     `json:"queries"`
}

func (p *program) benchModels(c *cli.Context) error {
	if !c.Args().Present() {
		return usagef("bench models: want a DIR in the layout of BEIR, and folders of models")
	}
	precisions, err := benchPrecisions(c)
	if err != nil {
		return err
	}
	threads := c.Int("threads")
	if threads < 0 {
		return usagef("bench models: --threads is %d: want 1 or more", threads)
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(threads)) // 0 changes nothing
	place, err := os.MkdirTemp("", "bertsearch-bench-")
	if err != nil {
		return err
	}
	table := terminal.Table{Right: []bool{false, false, true, true, true, true, true, true}}
	table.Add(terminal.Plain("model", "precision", "layers", "dimension", "parameters", "weights", "texts/s", "ndcg@10")...)
	for _, dir := range append([]string{c.String("model")}, c.Args().Tail()...) {
		for _, precision := range precisions {
			figures, failed := p.benchModel(c, dir, precision, place)
			if err = failed; err == nil && c.Bool("json") {
				err = errors.Join(p.printJSON(figures), p.out.Flush())
			}
			if err != nil {
				return errors.Join(err, os.RemoveAll(place))
			}
			table.Add(figures.row()...)
		}
	}
	if err := os.RemoveAll(place); err != nil || c.Bool("json") {
		return err
	}
	return table.Print(p.out, p.outScreen)
}

// benchPrecisions are those that are measured.
func benchPrecisions(c *cli.Context) ([]embed.Precision, error) {
	names := c.StringSlice("precision")
	if len(names) == 0 {
		return []embed.Precision{embed.F32, embed.Int8}, nil
	}
	var list []embed.Precision
	for _, name := range names {
		precision, err := parsePrecision(name)
		if err != nil {
			return nil, err
		}
		if precision == embed.Auto {
			return nil, usagef("bench models: --precision is %q: want f32 or int8", name)
		}
		list = append(list, precision)
	}
	return list, nil
}

// benchModel measures the model in the folder dir, or the built-in one, from its
// folder as it is saved for a precision.
func (p *program) benchModel(c *cli.Context, dir string, precision embed.Precision, place string) (modelFigures, error) {
	given, err := loadModel(dir, nil)
	if err != nil {
		return modelFigures{}, err
	}
	saved, err := os.MkdirTemp(place, "model-")
	if err != nil {
		return modelFigures{}, err
	}
	save := given.Save
	if precision == embed.Int8 {
		save = given.SaveInt8
	}
	if err := save(saved); err != nil {
		return modelFigures{}, err
	}
	b, err := embed.Load(saved, &embed.Options{Precision: precision})
	if err != nil {
		return modelFigures{}, err
	}
	config := b.Model().Encoder.Config
	f := modelFigures{
		Model: given.Name(), Precision: string(precision), Layers: config.HiddenLayers, Hidden: config.HiddenSize,
		Dimension: b.Dimension(), Parameters: b.Model().Parameters(), Threads: runtime.GOMAXPROCS(0),
	}
	if f.Bytes, err = weightBytes(saved); err != nil {
		return f, err
	}
	texts, _, err := benchTexts(c.Args().First(), c.Int("texts"))
	if err != nil {
		return f, err
	}
	took, err := fastestRound(c.Context, b, texts)
	if err != nil {
		return f, err
	}
	f.TextsPerS = perSecond(len(texts), took)
	return f, errors.Join(p.searchWith(c, b, filepath.Join(saved, "db"), &f), os.RemoveAll(saved))
}

// weightBytes is the size of the weights' files in a folder and those in it.
func weightBytes(dir string) (total int64, err error) {
	for _, pattern := range []string{"*.safetensors", "*/*.safetensors"} {
		names, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			return 0, err
		}
		for _, name := range names {
			info, err := os.Stat(name)
			if err != nil {
				return 0, err
			}
			total += info.Size()
		}
	}
	return total, nil
}

// searchWith indexes the collection in the folder place and searches it by meaning.
func (p *program) searchWith(c *cli.Context, model *embed.BERT, place string, f *modelFigures) error {
	dataset, err := eval.OpenBEIR(c.Args().First())
	if err != nil {
		return err
	}
	db, err := bertsearch.OpenWith(place, model, nil)
	if err != nil {
		return err
	}
	result := &evaluation{dataset: dataset, most: c.Int("documents")}
	err = p.indexDataset(c, db, result)
	if err == nil {
		err = p.runMode(c, db, bertsearch.Query{Mode: bertsearch.Dense}, result)
	}
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	f.NDCG, f.Documents, f.Queries = result.results[0].Mean(eval.NDCG(10)), result.documents, len(dataset.Queries)
	return nil
}

// row is the figures for people.
func (f modelFigures) row() []terminal.Cell {
	return terminal.Plain(f.Model, f.Precision, fmt.Sprintf("%d × %d", f.Layers, f.Hidden), fmt.Sprint(f.Dimension),
		terminal.Count(f.Parameters), terminal.Bytes(f.Bytes), terminal.Rate(f.TextsPerS), fmt.Sprintf("%.4f", f.NDCG))
}
