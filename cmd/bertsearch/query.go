package main

import (
	"context"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/urfave/cli/v2"

	"github.com/bertsearch/bertsearch"
)

func (p *program) queryCommand() *cli.Command {
	return &cli.Command{
		Name:      "query",
		Usage:     "find the documents that answer a question",
		ArgsUsage: "TEXT",
		Description: `Ranks documents by meaning (dense), by words (keyword) or by both (hybrid, the
default), and shows the passage of each that fits best. Several arguments are
one text. With - for TEXT, each line of standard input is a query. Without
TEXT, --filter alone lists the documents that match, and --like finds those
similar to a document.

--rerank lets a cross-encoder read the best hits, --answer finds the answer in
them, --summary sums them up, and --facet counts the values of a field.

A filter compares fields: field = "text", !=, <, <=, >, >=, field in ("a", "b"),
exists field, field prefix "ab", joined by and, or, not and parentheses.

   bertsearch query -db notes.db "how do I rotate the keys"
   bertsearch query -db notes.db bread -k 3 --filter 'lang = "en" and year > 2020'
   bertsearch query -db notes.db --like doc-17 --explain
   bertsearch query -db notes.db "who signed it?" --answer --reader ./reader
   bertsearch query -db notes.db --json - < questions.txt`,
		Flags: databaseFlags(append(queryModelFlags(),
			&cli.IntFlag{Name: "k", Value: bertsearch.DefaultK, Usage: "show at most `N` documents"},
			&cli.IntFlag{Name: "offset", Usage: "leave out the first `N` documents"},
			&cli.StringFlag{Name: "mode", Value: bertsearch.Hybrid.String(), Usage: "rank by `MODE`: hybrid, dense or keyword"},
			&cli.StringFlag{Name: "filter", Usage: "keep only documents that match `EXPR`"},
			&cli.StringFlag{Name: "like", Usage: "find documents similar to the one with this `ID`"},
			&cli.StringFlag{Name: "fusion", Value: bertsearch.Auto.String(), Usage: "combine both sides of hybrid by `RULE`: auto, convex or rrf"},
			&cli.Float64Flag{Name: "weight", Value: 0.5, Usage: "share `W` of the dense side with --fusion convex, 0 to 1"},
			&cli.Float64Flag{Name: "min-score", Usage: "leave out documents that score below `S`"},
			&cli.BoolFlag{Name: "explain", Usage: "show the rank and the score on both sides"},
		)...),
		Action: p.query,
	}
}

func (p *program) query(c *cli.Context) error {
	q, err := queryFromFlags(c)
	if err != nil {
		return err
	}
	stream := c.NArg() == 1 && c.Args().First() == "-"
	if !stream {
		q.Text = strings.Join(c.Args().Slice(), " ")
		if strings.TrimSpace(q.Text) == "" && q.Filter == nil && q.Like == "" && !c.IsSet("facet") {
			return usagef("query: nothing to search for: give a text, --filter or --like")
		}
	}
	models, err := openQueryModels(c, &q)
	if err != nil {
		return err
	}
	db, err := openForSearch(c)
	if err != nil {
		return err
	}
	if stream {
		return errors.Join(p.answerLines(c, db, q, models), db.Close())
	}
	found, err := p.answer(c, db, q, models)
	if err == nil && !found {
		err = errNothing
	}
	return errors.Join(err, db.Close())
}

// queryFromFlags reads everything but the text.
func queryFromFlags(c *cli.Context) (bertsearch.Query, error) {
	q := bertsearch.Query{
		K: c.Int("k"), Offset: c.Int("offset"), Like: c.String("like"),
		MinScore: c.Float64("min-score"), Explain: c.Bool("explain"),
	}
	if q.K < 1 {
		return q, usagef("query: -k is %d: want 1 or more", q.K)
	}
	var err error
	if q.Mode, err = bertsearch.ParseMode(c.String("mode")); err != nil {
		return q, err
	}
	if q.Fusion, err = bertsearch.ParseFusion(c.String("fusion")); err != nil {
		return q, err
	}
	if c.IsSet("weight") {
		if q.Fusion != bertsearch.Convex {
			return q, usagef("query: --weight needs --fusion convex")
		}
		q.Weight = c.Float64("weight")
	}
	q.Filter, err = filterFlag(c)
	return q, err
}

// filterFlag parses --filter; nil without it.
func filterFlag(c *cli.Context) (bertsearch.Filter, error) {
	if !c.IsSet("filter") {
		return nil, nil
	}
	text := c.String("filter")
	filter, err := bertsearch.ParseFilter(text)
	var wrong *bertsearch.FilterError
	if errors.As(err, &wrong) {
		return nil, &usageError{message: wrong.Error(), detail: underline(text, wrong.Column)}
	}
	return filter, err
}

// answerLines answers one query a line, each as soon as it is read.
func (p *program) answerLines(c *cli.Context, db *bertsearch.DB, q bertsearch.Query, models *queryModels) error {
	lines := newLineReader(p.in)
	any := false
	for {
		line, err := lines.next(c.Context)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		q.Text = string(line)
		found, err := p.answer(c, db, q, models)
		if err != nil {
			return lines.where(err)
		}
		any = any || found
		if err := p.out.Flush(); err != nil {
			return err
		}
	}
	if !any {
		return errNothing
	}
	return nil
}

// answer runs one query and prints what it finds. A blank line of a stream
// finds nothing, so that answers keep step with questions.
func (p *program) answer(c *cli.Context, db *bertsearch.DB, q bertsearch.Query, models *queryModels) (found bool, err error) {
	answer := bertsearch.Answer{Mode: q.Mode}
	if strings.TrimSpace(q.Text) != "" || q.Filter != nil || q.Like != "" {
		if answer, err = db.Find(c.Context, q); err != nil {
			return false, err
		}
	}
	said, err := models.extras(c, db, q, answer)
	if err != nil {
		return false, err
	}
	if c.Bool("json") {
		out := newAnswerJSON(q, answer)
		out.extras = said
		return len(answer.Hits) > 0 || said.counted(), p.printJSON(out)
	}
	if err := p.printExtras(c, said); err != nil {
		return false, err
	}
	if q.Text == "" && q.Filter == nil && q.Like == "" {
		return said.counted(), nil // facets of all documents
	}
	return len(answer.Hits) > 0, p.printAnswer(c.Context, db, q, answer)
}

// answerJSON is one line of `query --json`.
type answerJSON struct {
	Query string    `json:"query"`
	Mode  string    `json:"mode"`
	Took  float64   `json:"took_ms"`
	Total int       `json:"total"`
	Hits  []hitJSON `json:"hits"`
	extras
}

type hitJSON struct {
	Rank    int                     `json:"rank"`
	ID      string                  `json:"id"`
	RawID   []byte                  `json:"id_base64,omitempty"` // an id that is not UTF-8, which id cannot hold
	Score   float64                 `json:"score"`
	Title   string                  `json:"title"`
	Passage passageJSON             `json:"passage"`
	Fields  map[string]any          `json:"fields"`
	Explain *bertsearch.Explanation `json:"explain,omitempty"`

	Relevance *float64 `json:"relevance,omitempty"` // of --rerank
}

type passageJSON struct {
	Text  string `json:"text"`
	Start int    `json:"start"` // bytes into the document's text
	End   int    `json:"end"`
}

func newAnswerJSON(q bertsearch.Query, a bertsearch.Answer) answerJSON {
	out := answerJSON{Query: q.Text, Mode: a.Mode.String(), Took: milliseconds(a.Took), Total: a.Total, Hits: []hitJSON{}}
	for _, h := range a.Hits {
		hit := hitJSON{Rank: h.Rank, ID: h.ID, Score: h.Score, Title: h.Title,
			Passage: passageJSON(h.Passage), Fields: h.Fields, Explain: h.Explain}
		if h.Rank <= a.Reranked {
			hit.Relevance = &h.Relevance
		}
		if hit.Fields == nil {
			hit.Fields = map[string]any{}
		}
		if !utf8.ValidString(h.ID) {
			hit.RawID = []byte(h.ID)
		}
		out.Hits = append(out.Hits, hit)
	}
	return out
}

// highlights returns where query's words are in text. It is an ornament: where
// it fails, nothing is marked.
func highlights(ctx context.Context, db *bertsearch.DB, query, text string) []bertsearch.Span {
	spans, err := db.Highlights(ctx, query, text)
	if err != nil {
		return nil
	}
	return spans
}
