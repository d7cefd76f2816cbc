package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/bertsearch/bertsearch"
	"github.com/bertsearch/bertsearch/cmd/bertsearch/internal/terminal"
	"github.com/bertsearch/bertsearch/embed"
	"github.com/bertsearch/bertsearch/summary"
)

func (p *program) summarizeCommand() *cli.Command {
	return &cli.Command{
		Name:      "summarize",
		Usage:     "print the sentences that say most of a document, or of what is found",
		ArgsUsage: "ID…",
		Description: `The sentences are the document's own, in its order. With --query, the
passages that the query finds are summarised together, towards the query.

   bertsearch summarize -db notes.db -n 3 doc-17
   bertsearch summarize -db notes.db --query "how are keys rotated" -k 5`,
		Flags: databaseFlags(
			&cli.IntFlag{Name: "n", Value: 3, Usage: "print `N` sentences"},
			&cli.StringFlag{Name: "query", Usage: "summarise what `TEXT` finds, in place of documents"},
			&cli.IntFlag{Name: "k", Value: 10, Usage: "take the passages of the `K` best hits"},
		),
		Action: p.summarize,
	}
}

// summaryJSON is one line of summarize's output.
type summaryJSON struct {
	ID        string         `json:"id,omitempty"`    // of the document
	Query     string         `json:"query,omitempty"` // or what was asked
	Sentences []sentenceJSON `json:"sentences"`
}

// sentenceJSON is a sentence and its bytes in a document's text.
type sentenceJSON struct {
	ID    string `json:"id,omitempty"` // of its document, where there are several
	Text  string `json:"text"`
	Start int    `json:"start"`
	End   int    `json:"end"`
}

// summaryDamping is the share of a sentence's rank that a query leaves to the other sentences.
const summaryDamping = 0.5

func (p *program) summarize(c *cli.Context) error {
	query := c.String("query")
	switch {
	case c.Int("n") < 1 || c.Int("k") < 1:
		return usagef("summarize: -n is %d and -k is %d: want 1 or more", c.Int("n"), c.Int("k"))
	case (query != "") == c.Args().Present():
		return usagef("summarize: give either ids or --query")
	}
	model, err := openModel(c, nil)
	if err != nil {
		return err
	}
	db, err := openForSearch(c)
	if err != nil {
		return err
	}
	if query != "" {
		err = p.summarizeHits(c, db, model, query)
	} else {
		err = p.summarizeDocuments(c, db, model)
	}
	return errors.Join(err, db.Close())
}

// summarizeDocuments prints a summary of each document that is there, and ends with errNothing if one is not.
func (p *program) summarizeDocuments(c *cli.Context, db *bertsearch.DB, model *embed.BERT) error {
	var result error
	for _, id := range c.Args().Slice() {
		document, err := db.Get(c.Context, id)
		if errors.Is(err, bertsearch.ErrNotFound) {
			p.note("summarize: no document has the id %q", id)
			result = errNothing
			continue
		}
		if err != nil {
			return err
		}
		chosen, err := chooseSentences(c.Context, model, sentencesOf("", document.Text, 0), c.Int("n"), nil)
		if err != nil {
			return err
		}
		if err := p.printSummary(c, summaryJSON{ID: id, Sentences: chosen}); err != nil {
			return err
		}
	}
	return result
}

// summarizeHits prints one summary of the passages that the query finds.
func (p *program) summarizeHits(c *cli.Context, db *bertsearch.DB, model *embed.BERT, query string) error {
	answer, err := db.Find(c.Context, bertsearch.Query{Text: query, K: c.Int("k")})
	if err != nil {
		return err
	}
	chosen, err := summaryOf(c.Context, model, query, answer.Hits, c.Int("n"))
	if err != nil {
		return err
	}
	if len(chosen) == 0 {
		return errNothing
	}
	return p.printSummary(c, summaryJSON{Query: query, Sentences: chosen})
}

// summaryOf chooses n sentences of the passages of hits, towards the query; none where there is none.
func summaryOf(ctx context.Context, model *embed.BERT, query string, hits []bertsearch.Hit, n int) ([]sentenceJSON, error) {
	var all []sentenceJSON
	for _, h := range hits {
		all = append(all, sentencesOf(h.ID, h.Passage.Text, h.Passage.Start)...)
	}
	if len(all) == 0 {
		return nil, nil
	}
	vectors, err := model.Embed(ctx, embed.Query, []string{query})
	if err != nil {
		return nil, err
	}
	return chooseSentences(ctx, model, all, n, &summary.Options{Query: vectors[0], Damping: summaryDamping})
}

// sentencesOf cuts text, which begins at byte base of the document id.
func sentencesOf(id, text string, base int) []sentenceJSON {
	var out []sentenceJSON
	for _, s := range embed.Sentences(text) {
		out = append(out, sentenceJSON{id, text[s.Start:s.End], base + s.Start, base + s.End})
	}
	return out
}

func chooseSentences(ctx context.Context, model *embed.BERT, all []sentenceJSON, n int, o *summary.Options) ([]sentenceJSON, error) {
	texts := make([]string, len(all))
	for i, s := range all {
		texts[i] = s.Text
	}
	vectors, err := model.Embed(ctx, embed.Passage, texts)
	if err != nil {
		return nil, err
	}
	chosen := []sentenceJSON{}
	for _, i := range summary.Choose(vectors, n, o) {
		chosen = append(chosen, all[i])
	}
	return chosen, nil
}

func (p *program) printSummary(c *cli.Context, s summaryJSON) error {
	if c.Bool("json") {
		return p.printJSON(s)
	}
	screen := p.outScreen
	for _, x := range s.Sentences {
		p.printf("%s  %s\n", screen.Paint(terminal.Cyan, terminal.Clean(fmt.Sprintf("%s:%d", cmp.Or(x.ID, s.ID), x.Start))),
			terminal.Clean(strings.Join(slices.Collect(strings.FieldsSeq(x.Text)), " ")))
	}
	return nil
}
