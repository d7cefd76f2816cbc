package main

import (
	"context"
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/bertsearch/bertsearch"
	"github.com/bertsearch/bertsearch/cmd/bertsearch/internal/terminal"
	"github.com/bertsearch/bertsearch/embed"
	"github.com/bertsearch/bertsearch/model"
	"github.com/bertsearch/bertsearch/task"
)

// queryModelFlags are those of what is done with hits: re-ranking, answers,
// summaries, facets.
func queryModelFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "rerank", EnvVars: []string{"BERTSEARCH_RERANKER"}, Usage: "rank the best hits again by the cross-encoder in the folder `DIR`"},
		&cli.IntFlag{Name: "rerank-documents", Value: bertsearch.DefaultRerank, Usage: "rank `N` documents again"},
		&cli.IntFlag{Name: "rerank-ms", Usage: "stop ranking again after `MS` milliseconds", DefaultText: "no limit"},
		&cli.BoolFlag{Name: "answer", Usage: "read the hits for an answer, with the model that --reader names"},
		&cli.StringFlag{Name: "reader", EnvVars: []string{"BERTSEARCH_READER"}, Usage: "folder `DIR` of a model for answers"},
		&cli.IntFlag{Name: "summary", Usage: "sum up the hits in `N` sentences"},
		&cli.StringSliceFlag{Name: "facet", Usage: "count the values of the field `NAME` over the hits, or without TEXT over all that match"},
	}
}

// queryModels are the models that a query's flags ask for.
type queryModels struct {
	reader *task.Model
	embed  *embed.BERT // of summaries
}

// openQueryModels opens them and gives q its re-ranking.
func openQueryModels(c *cli.Context, q *bertsearch.Query) (*queryModels, error) {
	m := &queryModels{}
	switch {
	case c.Bool("answer") && c.String("reader") == "":
		return nil, usagef("query: --answer needs --reader DIR, a model for answers: \"bertsearch train --task qa\" makes one")
	case c.Int("summary") < 0 || c.Int("rerank-documents") < 1 || c.Int("rerank-ms") < 0:
		return nil, usagef("query: --summary, --rerank-documents and --rerank-ms want no number below 0, 1 and 0")
	}
	if dir := c.String("rerank"); dir != "" {
		judge, err := openTask(c, dir, model.SequenceClassification, embed.Auto)
		if err != nil {
			return nil, err
		}
		q.Rerank = &bertsearch.Rerank{Model: judge, Documents: c.Int("rerank-documents"), Budget: time.Duration(c.Int("rerank-ms")) * time.Millisecond}
	}
	var err error
	if c.Bool("answer") {
		if m.reader, err = openTask(c, c.String("reader"), model.QuestionAnswering, embed.Auto); err != nil {
			return nil, err
		}
	}
	if c.Int("summary") > 0 {
		m.embed, err = openModel(c, nil)
	}
	return m, err
}

// openTask opens a model with a head of a task.
func openTask(c *cli.Context, dir string, t model.Task, p embed.Precision) (*task.Model, error) {
	m, err := task.Load(dir)
	if err != nil {
		return nil, err
	}
	if m.Task() != t {
		return nil, usagef("%s: %s holds a model for %s, want one for %s", c.Command.Name, dir, m.Task(), t)
	}
	return inPrecision(c.Context, m, p)
}

// inPrecision is a model in a precision; auto is the one that suits it.
func inPrecision(ctx context.Context, m *task.Model, p embed.Precision) (*task.Model, error) {
	switch p {
	case embed.F32:
		return m, nil
	case embed.Int8:
		return m.Int8(), nil
	}
	return m.Settle(ctx)
}

// extras are what the models say of the hits of one query.
type extras struct {
	Answers  []extractJSON                      `json:"answers,omitempty"`
	NoAnswer bool                               `json:"no_answer,omitempty"` // asked for, and no hit has one
	Summary  []sentenceJSON                     `json:"summary,omitempty"`
	Facets   map[string][]bertsearch.FacetValue `json:"facets,omitempty"`
	Reranked *int                               `json:"reranked,omitempty"` // hits in a new order
}

// counted reports whether a field that was asked for has a value.
func (x extras) counted() bool {
	for _, values := range x.Facets {
		if len(values) > 0 {
			return true
		}
	}
	return false
}

// extractJSON is an answer and its bytes in a document's text.
type extractJSON struct {
	Text  string  `json:"text"`
	ID    string  `json:"id"`
	Start int     `json:"start"`
	End   int     `json:"end"`
	Score float64 `json:"score"`
	Rank  int     `json:"rank"` // of the hit
}

// extras asks the models.
func (m *queryModels) extras(c *cli.Context, db *bertsearch.DB, q bertsearch.Query, a bertsearch.Answer) (x extras, err error) {
	if q.Rerank != nil {
		x.Reranked = &a.Reranked
	}
	if m.reader != nil && q.Text != "" {
		found, err := bertsearch.Extracts(c.Context, m.reader, q.Text, a.Hits)
		if err != nil {
			return x, err
		}
		for _, f := range found {
			x.Answers = append(x.Answers, extractJSON{f.Text, f.ID, f.Start, f.End, f.Score, f.Rank})
		}
		x.NoAnswer = len(found) == 0
	}
	if m.embed != nil && q.Text != "" {
		if x.Summary, err = summaryOf(c.Context, m.embed, q.Text, a.Hits, c.Int("summary")); err != nil {
			return x, err
		}
	}
	for _, field := range c.StringSlice("facet") {
		values := bertsearch.Facets(a.Hits, field)
		if q.Text == "" && q.Like == "" {
			if values, err = db.FacetsWhere(c.Context, q.Filter, field); err != nil {
				return x, err
			}
		}
		if x.Facets == nil {
			x.Facets = map[string][]bertsearch.FacetValue{}
		}
		x.Facets[field] = values
	}
	return x, nil
}

// facetLines is how many values of a field are shown to a person.
const facetLines = 10

// printExtras writes what stands above the hits.
func (p *program) printExtras(c *cli.Context, x extras) error {
	screen := p.outScreen
	if len(x.Answers) > 0 {
		best := x.Answers[0]
		p.printf("%s  %s\n\n", screen.Paint(terminal.Bold, terminal.Clean(best.Text)), screen.Paint(terminal.Cyan, terminal.Clean(best.ID)))
	} else if x.NoAnswer {
		p.printf("%s\n\n", screen.Paint(terminal.Yellow, "no answer in what was found"))
	}
	if len(x.Summary) > 0 {
		if err := p.printSummary(c, summaryJSON{Sentences: x.Summary}); err != nil {
			return err
		}
		p.printf("\n")
	}
	for _, field := range c.StringSlice("facet") {
		table := terminal.Table{Right: []bool{false, true}}
		table.Add(terminal.Cell{Text: terminal.Clean(field), Style: terminal.Faint}, terminal.Cell{})
		for i, v := range x.Facets[field] {
			if i == facetLines {
				table.Add(terminal.Plain("…", plural(len(x.Facets[field])-facetLines, "more value"))...)
				break
			}
			table.Add(terminal.Plain(terminal.Clean(fmt.Sprint(v.Value)), terminal.Count(v.Count))...)
		}
		if err := table.Print(p.out, screen); err != nil {
			return err
		}
		p.printf("\n")
	}
	return nil
}
