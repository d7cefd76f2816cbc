package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/urfave/cli/v2"

	"github.com/bertsearch/bertsearch"
	"github.com/bertsearch/bertsearch/cmd/bertsearch/internal/chart"
	"github.com/bertsearch/bertsearch/cmd/bertsearch/internal/terminal"
	"github.com/bertsearch/bertsearch/index"
	"github.com/bertsearch/bertsearch/index/bench"
	"github.com/bertsearch/bertsearch/index/engine"
)

func (p *program) benchIndexCommand() *cli.Command {
	return &cli.Command{
		Name:  "index",
		Usage: "measure recall against speed of a vector index",
		Description: `Vectors come from a database, or from NumPy arrays of float32 with two dimensions
(.npy) or .fvecs files, and are normalised. Without --queries some of them, spread
evenly, are held back and searched for. Each line is one point of the curve: the
effort of a search (ef), the share of the true ten nearest that it finds, and how
many searches a second.

   bertsearch bench index -db notes.db --plot notes.svg
   bertsearch bench index --base base.npy --queries queries.npy --json
   bertsearch bench index --base base.npy --engine hnsw --engine flat --engine coder`,
		Flags: databaseFlags(
			&cli.StringFlag{Name: "base", Usage: "`FILE` of the vectors to index, in place of a database"},
			&cli.StringFlag{Name: "queries", Usage: "`FILE` of the vectors to search for"},
			&cli.StringSliceFlag{Name: "engine", Usage: "vector index `NAME`: hnsw, flat (exact) or coder; may be repeated (default: hnsw, with --plot all)"},
			&cli.StringFlag{Name: "plot", Usage: "draw the curves and their Pareto front to `FILE`, .png or .svg"},
			&cli.IntSliceFlag{Name: "ef", Usage: "measure at effort `N`; may be repeated (default: 10 to 400)"},
			&cli.IntFlag{Name: "m", Usage: "neighbours `M` of a node (default: 16)"},
			&cli.IntFlag{Name: "ef-construction", Usage: "effort `N` of building (default: 200)"},
			&cli.BoolFlag{Name: "low-memory", Usage: "keep float32 vectors in a temporary file (hnsw)"},
			&cli.IntFlag{Name: "threads", Usage: "build and search on `N` threads (default: one a processor)"},
		),
		Action: p.benchIndex,
	}
}

func (p *program) benchIndex(c *cli.Context) error {
	if err := noArguments(c); err != nil {
		return err
	}
	plot := c.String("plot")
	if plot != "" {
		if err := chart.Check(plot); err != nil {
			return usagef("bench index: %v", err)
		}
	}
	settings, err := benchIndexSettings(c)
	if err != nil {
		return err
	}
	table := terminal.Table{Right: []bool{false, true, true, true, true, true, true, true, true, true}}
	table.Add(terminal.Plain("engine", "vectors", "M", "efC", "ef", "recall@10", "q/s, 1 thread", "q/s", "build", "bytes/vector")...)
	var rows []bench.Row
	err = bench.Run(c.Context, settings, func(row bench.Row) error {
		rows = append(rows, row)
		if c.Bool("json") {
			if err := p.printJSON(row); err != nil {
				return err
			}
			return p.out.Flush()
		}
		table.Add(benchIndexRow(row)...)
		return nil
	})
	if err != nil {
		return err
	}
	if plot != "" {
		if err := chart.Save(plot, benchIndexChart(rows)); err != nil {
			return err
		}
	}
	if c.Bool("json") {
		return nil
	}
	return table.Print(p.out, p.outScreen)
}

func benchIndexSettings(c *cli.Context) (bench.Settings, error) {
	s := bench.Settings{
		Engines: c.StringSlice("engine"), Efforts: c.IntSlice("ef"), Threads: c.Int("threads"),
		Index: &index.Options{M: c.Int("m"), EfConstruction: c.Int("ef-construction"), Workers: c.Int("threads")},
	}
	if c.Bool("low-memory") {
		s.Index.ScratchDir = os.TempDir()
	}
	if len(s.Engines) == 0 && c.String("plot") != "" {
		s.Engines = engine.Names()
	}
	var err error
	switch base := c.String("base"); {
	case base != "":
		s.Base, err = bench.ReadVectors(base)
	case c.String("db") != "":
		s.Base, err = databaseVectors(c)
	default:
		err = usagef("bench index: want -db DIR or --base FILE")
	}
	if err != nil {
		return s, err
	}
	if queries := c.String("queries"); queries != "" {
		s.Queries, err = bench.ReadVectors(queries)
		return s, err
	}
	s.Base, s.Queries = bench.HoldBack(s.Base)
	if len(s.Queries) == 0 {
		return s, fmt.Errorf("bench index: %d vectors are too few to hold some back: give --queries FILE", len(s.Base))
	}
	return s, nil
}

// databaseVectors are all vectors of the database that the flags name.
func databaseVectors(c *cli.Context) ([][]float32, error) {
	db, err := openForReading(c)
	if err != nil {
		return nil, err
	}
	all, err := allVectors(c.Context, db)
	return all, errors.Join(err, db.Close())
}

func allVectors(ctx context.Context, db *bertsearch.DB) (all [][]float32, err error) {
	for v, err := range db.Vectors(ctx) {
		if err != nil {
			return nil, err
		}
		all = append(all, v.Values)
	}
	return all, nil
}

func benchIndexRow(r bench.Row) []terminal.Cell {
	return terminal.Plain(r.Engine, terminal.Count(r.N), fmt.Sprint(r.M), fmt.Sprint(r.EfConstruction), fmt.Sprint(r.Ef),
		fmt.Sprintf("%.4f", r.Recall10), terminal.Rate(r.QPS1T), terminal.Rate(r.QPS),
		fmt.Sprintf("%.1f s", r.BuildSeconds), terminal.Rate(r.BytesPerVector))
}

// benchIndexChart has a curve for each engine, before the front of them all.
func benchIndexChart(rows []bench.Row) chart.Chart {
	drawn := chart.Chart{
		X: "recall@10", Y: "queries a second, one thread", LogY: true,
		Series: []chart.Series{{Name: "Pareto front", Points: benchIndexPoints(bench.Front(rows)), Broad: true}},
	}
	if len(rows) > 0 {
		drawn.Title = fmt.Sprintf("%s vectors of %d dimensions", terminal.Count(rows[0].N), rows[0].Dimension)
	}
	for from := 0; from < len(rows); {
		to := from
		for to < len(rows) && rows[to].Engine == rows[from].Engine {
			to++
		}
		drawn.Series = append(drawn.Series, chart.Series{Name: rows[from].Engine, Points: benchIndexPoints(rows[from:to])})
		from = to
	}
	return drawn
}

func benchIndexPoints(rows []bench.Row) []chart.Point {
	points := make([]chart.Point, len(rows))
	for i, r := range rows {
		points[i] = chart.Point{X: r.Recall10, Y: r.QPS1T}
	}
	return points
}
