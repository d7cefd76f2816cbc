package main

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync/atomic"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/bertsearch/bertsearch/cmd/bertsearch/internal/terminal"
	"github.com/bertsearch/bertsearch/embed"
	"github.com/bertsearch/bertsearch/eval"
	"github.com/bertsearch/bertsearch/internal/kernel"
)

const (
	benchRounds      = 3  // of all texts, the fastest of which counts
	benchWarmQueries = 30 // before those that count
	benchMostQueries = 200
)

func (p *program) benchEncodeCommand() *cli.Command {
	return &cli.Command{
		Name:      "encode",
		Usage:     "measure how fast texts become vectors",
		ArgsUsage: "DIR",
		Description: `DIR is a collection in the layout of BEIR. Its documents are embedded in bulk and
its queries one by one, tokenisation included. The peak is that of float32
multiply-adds on one core, times the threads: int8 can be above it.

   bertsearch bench encode scifact
   bertsearch bench encode scifact --threads 1 --threads 4 --json`,
		Flags: []cli.Flag{
			modelFlag(), jsonFlag(),
			&cli.IntSliceFlag{Name: "threads", Usage: "use `N` threads; may be repeated (default: 1, and one a processor)"},
			&cli.StringSliceFlag{Name: "precision", Usage: "arithmetic `P` of the encoder; may be repeated (default: auto)"},
			&cli.IntFlag{Name: "texts", Value: 400, Usage: "embed the first `N` documents"},
		},
		Action: p.benchEncode,
	}
}

// encodeFigures are one line of bench encode.
type encodeFigures struct {
	Precision  string  `json:"precision"`
	Threads    int     `json:"threads"`
	Kernel     string  `json:"kernel"`
	TextsPerS  float64 `json:"texts_per_s"`
	TokensPerS float64 `json:"tokens_per_s"`
	QueryP50   float64 `json:"query_p50_ms"`
	QueryP99   float64 `json:"query_p99_ms"`
	GFLOPS     float64 `json:"gflops"`
	PeakShare  float64 `json:"peak_share"`
	RSS        int64   `json:"rss_mb"` // the most memory used so far, in MB
}

func (p *program) benchEncode(c *cli.Context) error {
	if c.NArg() != 1 {
		return usagef("bench encode: want one DIR in the layout of BEIR")
	}
	settings, err := benchSettings(c)
	if err != nil {
		return err
	}
	texts, queries, err := benchTexts(c.Args().First(), c.Int("texts"))
	if err != nil {
		return err
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	table := terminal.Table{Right: []bool{false, true, false, true, true, true, true, true, true, true}}
	table.Add(terminal.Plain("precision", "threads", "kernel", "texts/s", "tokens/s", "query p50", "p99", "GFLOPS", "of peak", "memory")...)
	for _, setting := range settings {
		runtime.GOMAXPROCS(setting.Workers)
		model, err := openSettled(c, &setting)
		if err != nil {
			return err
		}
		figures, err := measureEncoder(c.Context, model, setting.Workers, texts, queries)
		if err != nil {
			return err
		}
		if !c.Bool("json") {
			table.Add(figures.row()...)
			continue
		}
		if err := p.printJSON(figures); err != nil {
			return err
		}
	}
	if c.Bool("json") {
		return nil
	}
	return table.Print(p.out, p.outScreen)
}

// benchSettings is each precision on each number of threads.
func benchSettings(c *cli.Context) ([]embed.Options, error) {
	threads, names := c.IntSlice("threads"), c.StringSlice("precision")
	if len(threads) == 0 {
		threads = slices.Compact([]int{1, runtime.GOMAXPROCS(0)})
	}
	if len(names) == 0 {
		names = []string{string(embed.Auto)}
	}
	var settings []embed.Options
	for _, name := range names {
		precision, err := parsePrecision(name)
		if err != nil {
			return nil, err
		}
		for _, n := range threads {
			if n < 1 {
				return nil, usagef("bench encode: --threads is %d: want 1 or more", n)
			}
			settings = append(settings, embed.Options{Precision: precision, Workers: n})
		}
	}
	return settings, nil
}

// benchTexts returns the first documents of a collection, and some queries.
func benchTexts(dir string, most int) (texts, queries []string, err error) {
	if most < 1 {
		return nil, nil, usagef("bench encode: --texts is %d: want 1 or more", most)
	}
	dataset, err := eval.OpenBEIR(dir)
	if err != nil {
		return nil, nil, err
	}
	for document, err := range dataset.Corpus() {
		if err != nil {
			return nil, nil, err
		}
		texts = append(texts, embed.PassageText(document.Title, document.Text))
		if len(texts) == most {
			break
		}
	}
	for _, query := range dataset.Queries[:min(len(dataset.Queries), benchMostQueries)] {
		queries = append(queries, query.Text)
	}
	return texts, queries, nil
}

// measureEncoder embeds texts in bulk and queries one by one.
func measureEncoder(ctx context.Context, model *embed.BERT, threads int, texts, queries []string) (encodeFigures, error) {
	f := encodeFigures{Precision: string(model.Precision()), Threads: threads, Kernel: kernel.Active().String()}
	var tokens atomic.Int64
	counting := embed.WithProgress(ctx, func(_, n int) { tokens.Add(int64(n)) })
	best, err := fastestRound(counting, model, texts)
	if err != nil {
		return f, err
	}
	all := int(tokens.Load()) / benchRounds
	f.TextsPerS, f.TokensPerS = perSecond(len(texts), best), perSecond(all, best)
	f.GFLOPS = encoderFLOP(model, all, len(texts)) / best.Seconds() / 1e9
	if peak := kernel.Peak(); peak > 0 { // 0 where it cannot be measured
		f.PeakShare = f.GFLOPS / (peak * float64(threads))
	}
	f.QueryP50, f.QueryP99, err = measureQueries(ctx, model, queries)
	f.RSS = peakMemory() / 1e6
	return f, err
}

// fastestRound is how long embedding texts takes at its fastest.
func fastestRound(ctx context.Context, model *embed.BERT, texts []string) (time.Duration, error) {
	best := time.Duration(0)
	for range benchRounds {
		start := time.Now()
		if _, err := model.Embed(ctx, embed.Passage, texts); err != nil {
			return 0, err
		}
		if took := time.Since(start); best == 0 || took < best {
			best = took
		}
	}
	return best, nil
}

// measureQueries returns the median and the 99th percentile of the time that
// one query takes, in milliseconds.
func measureQueries(ctx context.Context, model *embed.BERT, queries []string) (p50, p99 float64, err error) {
	var took []time.Duration
	for i := range benchWarmQueries + len(queries) {
		start := time.Now()
		if _, err := model.Embed(ctx, embed.Query, []string{queries[i%len(queries)]}); err != nil {
			return 0, 0, err
		}
		if i >= benchWarmQueries {
			took = append(took, time.Since(start))
		}
	}
	slices.Sort(took)
	return milliseconds(took[len(took)/2]), milliseconds(took[len(took)*99/100]), nil
}

// encoderFLOP is the number of floating-point operations in the matrix products
// of tokens tokens of texts texts: a layer takes 2·(4H² + 2HI) a token and,
// with texts of equal length L, 4HL a token for attention.
func encoderFLOP(model *embed.BERT, tokens, texts int) float64 {
	config := model.Model().Encoder.Config
	h, i := float64(config.HiddenSize), float64(config.IntermediateSize)
	length := float64(tokens) / float64(texts)
	return float64(tokens) * float64(config.HiddenLayers) * (2*(4*h*h+2*h*i) + 4*h*length)
}

// row is the figures for people.
func (f encodeFigures) row() []terminal.Cell {
	return terminal.Plain(f.Precision, fmt.Sprint(f.Threads), f.Kernel,
		terminal.Rate(f.TextsPerS), terminal.Rate(f.TokensPerS),
		fmt.Sprintf("%.2f ms", f.QueryP50), fmt.Sprintf("%.2f ms", f.QueryP99),
		fmt.Sprintf("%.1f", f.GFLOPS), fmt.Sprintf("%.0f%%", 100*f.PeakShare), terminal.Bytes(f.RSS*1e6))
}
