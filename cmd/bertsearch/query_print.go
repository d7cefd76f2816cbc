package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/bertsearch/bertsearch"
	"github.com/bertsearch/bertsearch/cmd/bertsearch/internal/terminal"
)

const (
	passageLines = 3   // of a hit, enough to judge it by
	widestText   = 100 // columns; longer lines are hard to read
)

// printAnswer writes hits for people.
func (p *program) printAnswer(ctx context.Context, db *bertsearch.DB, q bertsearch.Query, a bertsearch.Answer) error {
	if len(a.Hits) == 0 {
		p.note("nothing found")
		return nil
	}
	for _, hit := range a.Hits {
		p.printHit(ctx, db, q.Text, hit)
	}
	summary := fmt.Sprintf("%s of %s, %s, %s", terminal.Count(len(a.Hits)), plural(a.Total, "document"),
		a.Mode, a.Took.Round(100*time.Microsecond))
	p.printf("%s\n", p.outScreen.Paint(terminal.Faint, summary))
	return nil
}

// printHit writes a heading with the score at its right end, the passage with
// the query's words marked, the fields, and the explanation if there is one.
func (p *program) printHit(ctx context.Context, db *bertsearch.DB, query string, hit bertsearch.Hit) {
	s, columns := p.outScreen, min(p.outScreen.Columns, widestText)
	rank := fmt.Sprintf("%2d  ", hit.Rank)
	indent := strings.Repeat(" ", terminal.Width(rank))
	text := columns - len(indent)

	score := fmt.Sprintf("%.3f", hit.Score)
	heading, id := headingOf(hit, text-len(score)-2)
	gap := strings.Repeat(" ", max(2, text-terminal.Width(heading+id)-len(score)))
	p.printf("%s%s%s%s%s\n", s.Paint(terminal.Faint, rank), s.Paint(terminal.Bold, heading),
		s.Paint(terminal.Cyan, id), gap, s.Paint(terminal.Green, score))

	var marks []terminal.Span
	for _, m := range highlights(ctx, db, query, hit.Passage.Text) {
		marks = append(marks, terminal.Span(m))
	}
	for _, line := range s.Excerpt(hit.Passage.Text, marks, text, passageLines) {
		p.printf("%s%s\n", indent, line)
	}
	if fields := fieldLine(hit.Fields); fields != "" {
		p.printf("%s%s\n", indent, s.Paint(terminal.Faint, terminal.Shorten(fields, text)))
	}
	if hit.Explain != nil {
		p.printf("%s%s\n", indent, s.Paint(terminal.Blue, explanation(hit.Explain)))
	}
	p.printf("\n")
}

// headingOf returns the title and the id of a hit, shortened to cells together.
// A hit without a title is headed by its id.
func headingOf(hit bertsearch.Hit, cells int) (heading, id string) {
	title := terminal.Clean(hit.Title)
	if title == "" {
		return "", terminal.Shorten(terminal.Clean(hit.ID), cells)
	}
	id = "  " + terminal.Shorten(terminal.Clean(hit.ID), cells/2)
	return terminal.Shorten(title, max(cells-terminal.Width(id), cells/2)), id
}

// fieldLine writes fields as name=value in the order of their names, without
// those that programs keep for themselves, such as source.OriginField.
func fieldLine(fields map[string]any) string {
	parts := make([]string, 0, len(fields))
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if strings.HasPrefix(name, "_") {
			continue
		}
		value, isText := fields[name].(string)
		if !isText {
			encoded, _ := json.Marshal(fields[name]) // stored values always have a JSON form
			value = string(encoded)
		}
		parts = append(parts, terminal.Clean(name)+"="+terminal.Clean(value))
	}
	return strings.Join(parts, "  ")
}

// explanation writes both sides of a hit's score on one line.
func explanation(e *bertsearch.Explanation) string {
	return fmt.Sprintf("dense %s   keyword %s", side(e.Dense), side(e.Keyword))
}

func side(c *bertsearch.Contribution) string {
	switch {
	case c == nil:
		return "–"
	case c.Rank == 0:
		return fmt.Sprintf("%.3f → %.3f", c.Score, c.Normalised)
	}
	return fmt.Sprintf("#%d %.3f → %.3f", c.Rank, c.Score, c.Normalised)
}

// underline shows text with a caret under one of its characters, counted from 1.
func underline(text string, column int) string {
	before := text
	for i := range text {
		if utf8.RuneCountInString(text[:i]) == column-1 {
			before = text[:i]
			break
		}
	}
	shown := strings.Map(printable, text)
	return "  " + shown + "\n  " + strings.Repeat(" ", terminal.Width(strings.Map(printable, before))) + "^"
}

// printable turns control characters, line ends included, into spaces.
func printable(r rune) rune {
	if r < 0x20 || r == 0x7f {
		return ' '
	}
	return r
}

// plural writes a count with its noun.
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return terminal.Count(n) + " " + noun + "s"
}

// milliseconds is d in ms to the microsecond.
func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
