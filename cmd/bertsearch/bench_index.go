package main

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/bertsearch/bertsearch/cmd/bertsearch/internal/terminal"
	"github.com/bertsearch/bertsearch/index"
	"github.com/bertsearch/bertsearch/index/bench"
)

func (p *program) benchIndexCommand() *cli.Command {
	return &cli.Command{
		Name:  "index",
		Usage: "measure recall against speed of a vector index",
		Description: `Vectors are NumPy arrays of float32 with two dimensions (.npy) or .fvecs files, and
are normalised. Each line is one point of the curve: the effort of a search (ef),
the share of the true ten nearest that it finds, and how many searches a second.

   bertsearch bench index --base base.npy --queries queries.npy
   bertsearch bench index --base base.npy --queries queries.npy --engine flat --json`,
		Flags: []cli.Flag{
			jsonFlag(),
			&cli.StringFlag{Name: "base", Usage: "`FILE` of the vectors to index"},
			&cli.StringFlag{Name: "queries", Usage: "`FILE` of the vectors to search for"},
			&cli.StringFlag{Name: "engine", Usage: "vector index `NAME`: hnsw (default), flat (exact) or coder"},
			&cli.IntSliceFlag{Name: "ef", Usage: "measure at effort `N`; may be repeated (default: 10 to 400)"},
			&cli.IntFlag{Name: "m", Usage: "neighbours `M` of a node (default: 16)"},
			&cli.IntFlag{Name: "ef-construction", Usage: "effort `N` of building (default: 200)"},
			&cli.IntFlag{Name: "threads", Usage: "build and search on `N` threads (default: one a processor)"},
		},
		Action: p.benchIndex,
	}
}

func (p *program) benchIndex(c *cli.Context) error {
	if err := noArguments(c); err != nil {
		return err
	}
	settings, err := benchIndexSettings(c)
	if err != nil {
		return err
	}
	table := terminal.Table{Right: []bool{false, true, true, true, true, true, true, true, true, true}}
	table.Add(terminal.Plain("engine", "vectors", "M", "efC", "ef", "recall@10", "q/s, 1 thread", "q/s", "build", "bytes/vector")...)
	err = bench.Run(c.Context, settings, func(row bench.Row) error {
		if c.Bool("json") {
			if err := p.printJSON(row); err != nil {
				return err
			}
			return p.out.Flush()
		}
		table.Add(benchIndexRow(row)...)
		return nil
	})
	if err != nil || c.Bool("json") {
		return err
	}
	return table.Print(p.out, p.outScreen)
}

func benchIndexSettings(c *cli.Context) (bench.Settings, error) {
	s := bench.Settings{
		Engine: c.String("engine"), Efforts: c.IntSlice("ef"), Threads: c.Int("threads"),
		Index: &index.Options{M: c.Int("m"), EfConstruction: c.Int("ef-construction"), Workers: c.Int("threads")},
	}
	base, queries := c.String("base"), c.String("queries")
	if base == "" || queries == "" {
		return s, usagef("bench index: want --base FILE and --queries FILE")
	}
	var err error
	if s.Base, err = bench.ReadVectors(base); err != nil {
		return s, err
	}
	s.Queries, err = bench.ReadVectors(queries)
	return s, err
}

func benchIndexRow(r bench.Row) []terminal.Cell {
	return terminal.Plain(r.Engine, terminal.Count(r.N), fmt.Sprint(r.M), fmt.Sprint(r.EfConstruction), fmt.Sprint(r.Ef),
		fmt.Sprintf("%.4f", r.Recall10), terminal.Rate(r.QPS1T), terminal.Rate(r.QPS),
		fmt.Sprintf("%.1f s", r.BuildSeconds), terminal.Rate(r.BytesPerVector))
}
