package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"

	"github.com/urfave/cli/v2"

	"github.com/bertsearch/bertsearch"
	"github.com/bertsearch/bertsearch/embed"
	"github.com/bertsearch/bertsearch/eval"
)

// evalDepth is how many documents are retrieved a query: trec_eval's habit, and
// what MAP over the whole ranking is computed from.
const evalDepth = 1000

// evalModes in the order in which they are shown: the halves, then the whole.
var evalModes = []bertsearch.Mode{bertsearch.Keyword, bertsearch.Dense, bertsearch.Hybrid}

func (p *program) evalCommand() *cli.Command {
	return &cli.Command{
		Name:      "eval",
		Usage:     "measure search on a collection with judgements",
		ArgsUsage: "DIR",
		Description: `DIR is in the layout of BEIR: corpus.jsonl, queries.jsonl and qrels/test.tsv. The
collection is indexed in a temporary place and searched by keyword, by meaning
and by both. Figures are those of trec_eval, and of f32 unless --precision says
otherwise: int8 moves nDCG@10 in its third decimal place.

   bertsearch eval scifact
   bertsearch eval scifact --json --run runs/scifact
   bertsearch eval scifact --truncate
   bertsearch eval scifact --rerank judge --rerank-documents 20`,
		Flags: []cli.Flag{
			modelFlag(), jsonFlag(), exactPrecisionFlag(),
			&cli.StringFlag{Name: "run", Usage: "write the rankings in TREC's form to `FILE`.keyword, .dense and .hybrid"},
			&cli.BoolFlag{Name: "truncate", Usage: "one vector a document, cut at the model's length, in place of passages"},
			&cli.StringFlag{Name: "rerank", Usage: "measure also with the best documents ranked again by the cross-encoder in the folder `DIR`"},
			&cli.IntFlag{Name: "rerank-documents", Value: bertsearch.DefaultRerank, Usage: "rank `N` documents again"},
			&cli.StringFlag{Name: "engine", Usage: "vector index `NAME`: hnsw (default), flat (exact) or coder"},
			&cli.StringFlag{Name: "language", Usage: "language `CODE` of the keyword index"},
		},
		Action: p.eval,
	}
}

func (p *program) eval(c *cli.Context) error {
	if c.NArg() != 1 {
		return usagef("eval: want one DIR in the layout of BEIR")
	}
	dataset, err := eval.OpenBEIR(c.Args().First())
	if err != nil {
		return err
	}
	place, err := os.MkdirTemp("", "bertsearch-eval-")
	if err != nil {
		return err
	}
	result, err := p.measure(c, dataset, place)
	if err := errors.Join(err, os.RemoveAll(place)); err != nil {
		return err
	}
	if c.Bool("json") {
		return p.printJSON(result.json())
	}
	return p.printEvaluation(result)
}

// evaluation is what eval found out about a collection.
type evaluation struct {
	dataset   *eval.Dataset
	most      int // documents, those that are judged before others; 0 is all
	documents int
	results   []*eval.Result // in the order of evalModes
	reranked  []*eval.Result // the same with --rerank; empty without
}

// measure indexes the collection in the folder place and runs its queries.
func (p *program) measure(c *cli.Context, dataset *eval.Dataset, place string) (*evaluation, error) {
	precision, err := parsePrecision(c.String("precision"))
	if err != nil {
		return nil, err
	}
	bert, err := openSettled(c, &embed.Options{Precision: precision})
	if err != nil {
		return nil, err
	}
	rerank, err := evalRerank(c, precision)
	if err != nil {
		return nil, err
	}
	var model embed.Embedder = bert
	if c.Bool("truncate") {
		model = truncating{bert}
	}
	db, err := bertsearch.OpenWith(place, model, &bertsearch.Options{Engine: c.String("engine"), Language: c.String("language")})
	if err != nil {
		return nil, err
	}
	result := &evaluation{dataset: dataset}
	err = p.indexDataset(c, db, result)
	for _, mode := range evalModes {
		if err == nil {
			err = p.runMode(c, db, bertsearch.Query{Mode: mode}, result)
		}
	}
	for _, mode := range evalModes {
		if err == nil && rerank != nil {
			err = p.runMode(c, db, bertsearch.Query{Mode: mode, Rerank: rerank}, result)
		}
	}
	return result, errors.Join(err, db.Close())
}

// truncating embeds a document as one text, of which the model reads as much as
// its length allows: what sentence-transformers does.
type truncating struct{ *embed.BERT }

// Passages returns all of text.
func (truncating) Passages(_, text string) []embed.Span {
	return []embed.Span{{Start: 0, End: len(text)}}
}

// indexDataset puts the collection's documents into db.
func (p *program) indexDataset(c *cli.Context, db *bertsearch.DB, result *evaluation) error {
	progress, err := p.newProgress(c, "documents")
	if err != nil {
		return err
	}
	defer progress.end()
	report, err := db.Index(c.Context, documentsOf(result.dataset, result.most), &bertsearch.IndexOptions{Progress: progress.update})
	if err != nil {
		return err
	}
	if len(report.Skipped) > 0 {
		progress.end()
		p.printSkipped(report.Skipped)
	}
	result.documents = report.Added
	return db.Refresh(c.Context)
}

// documentsOf adapts the collection's documents: all, or, of most, those that are
// judged and the first others.
func documentsOf(d *eval.Dataset, most int) iter.Seq2[bertsearch.Document, error] {
	judged := map[string]bool{}
	for _, grades := range d.Qrels {
		for id := range grades {
			judged[id] = true
		}
	}
	return func(yield func(bertsearch.Document, error) bool) {
		others := most - len(judged)
		for document, err := range d.Corpus() {
			if most > 0 && err == nil && !judged[document.ID] {
				if others <= 0 {
					continue
				}
				others--
			}
			if !yield(bertsearch.Document{ID: document.ID, Title: document.Title, Text: document.Text}, err) {
				return
			}
		}
	}
}

// runMode asks every query of the collection as q says, and keeps the figures
// and, if asked to, the rankings.
func (p *program) runMode(c *cli.Context, db *bertsearch.DB, q bertsearch.Query, result *evaluation) error {
	name, results := q.Mode.String(), &result.results
	if q.Rerank != nil {
		name, results = name+withRerank, &result.reranked
	}
	progress, err := p.newProgress(c, "queries by "+name)
	if err != nil {
		return err
	}
	defer progress.end()
	dataset := result.dataset
	progress.total.Store(int64(len(dataset.Queries)))
	run := eval.Run{}
	for i, query := range dataset.Queries {
		q.Text, q.K = query.Text, evalDepth
		if run[query.ID], err = retrieve(c.Context, db, q); err != nil {
			return fmt.Errorf("query %s: %w", query.ID, err)
		}
		progress.update(bertsearch.Progress{Done: i + 1})
	}
	*results = append(*results, eval.Evaluate(dataset.Qrels, run, evalMetrics()...))
	if path := c.String("run"); path != "" {
		return writeRun(path+"."+name, run, "bertsearch-"+name)
	}
	return nil
}

// retrieve returns the ranking of one query.
func retrieve(ctx context.Context, db *bertsearch.DB, q bertsearch.Query) ([]eval.Scored, error) {
	hits, err := db.Search(ctx, q)
	if err != nil {
		return nil, err
	}
	ranking := make([]eval.Scored, len(hits))
	for i, hit := range hits {
		ranking[i] = eval.Scored{ID: hit.ID, Score: hit.Score}
		if q.Rerank != nil {
			ranking[i].Score = -float64(hit.Rank) // which is by another number than the rest's
		}
	}
	return ranking, nil
}

func writeRun(path string, run eval.Run, tag string) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(run.Write(file, tag), file.Close())
}
