package main

import (
	"fmt"
	"slices"

	"github.com/bertsearch/bertsearch"
	"github.com/bertsearch/bertsearch/cmd/bertsearch/internal/terminal"
	"github.com/bertsearch/bertsearch/eval"
)

// evalMetrics are the figures shown, the one that decides first.
func evalMetrics() []eval.Metric {
	return []eval.Metric{eval.NDCG(10), eval.MAP(), eval.MRR(10), eval.Recall(100), eval.Precision(10)}
}

// evaluationJSON is the result of eval.
type evaluationJSON struct {
	Dataset   string                        `json:"dataset"`
	Documents int                           `json:"documents"`
	Queries   int                           `json:"queries"`
	Modes     map[string]map[string]float64 `json:"modes"`
	// Hybrid compares nDCG@10 of hybrid with that of the other modes.
	Hybrid map[string]comparisonJSON `json:"hybrid_over"`
	// Rerank compares that of each mode with and without --rerank.
	Rerank map[string]comparisonJSON `json:"rerank_over,omitempty"`
}

// comparisonJSON says whether a difference is more than chance; see eval.Comparison.
type comparisonJSON struct {
	Difference float64 `json:"difference"`
	PValue     float64 `json:"p_value"`
}

func (e *evaluation) json() evaluationJSON {
	out := evaluationJSON{Dataset: e.dataset.Name, Documents: e.documents, Queries: len(e.dataset.Queries),
		Modes: map[string]map[string]float64{}, Hybrid: map[string]comparisonJSON{}}
	for i, mode := range evalModes {
		out.Modes[mode.String()] = figuresOf(e.results[i])
		if c, err := e.compareWithHybrid(i); err == nil && mode != bertsearch.Hybrid {
			out.Hybrid[mode.String()] = comparisonJSON{c.Difference, c.Randomisation}
		}
	}
	for i, r := range e.reranked {
		out.Modes[evalModes[i].String()+withRerank] = figuresOf(r)
		if c, err := e.compareReranked(i); err == nil {
			if out.Rerank == nil {
				out.Rerank = map[string]comparisonJSON{}
			}
			out.Rerank[evalModes[i].String()] = comparisonJSON{c.Difference, c.Randomisation}
		}
	}
	return out
}

// figuresOf are a result's means.
func figuresOf(r *eval.Result) map[string]float64 {
	figures := map[string]float64{}
	for _, metric := range evalMetrics() {
		figures[metric.Name()] = r.Mean(metric)
	}
	return figures
}

// compareReranked compares nDCG@10 a query of one of evalModes without and with
// --rerank.
func (e *evaluation) compareReranked(mode int) (eval.Comparison, error) {
	return eval.Compare(e.results[mode].Values(eval.NDCG(10)), e.reranked[mode].Values(eval.NDCG(10)))
}

// compareWithHybrid compares nDCG@10 a query of one of evalModes with that of
// the last, hybrid. Too few queries are an error.
func (e *evaluation) compareWithHybrid(mode int) (eval.Comparison, error) {
	hybrid := e.results[len(e.results)-1]
	return eval.Compare(e.results[mode].Values(eval.NDCG(10)), hybrid.Values(eval.NDCG(10)))
}

// printEvaluation writes a table with a row a mode, the best of each column
// set off, and what hybrid gains.
func (p *program) printEvaluation(e *evaluation) error {
	s := p.outScreen
	p.printf("%s  %s, %d queries\n\n", s.Paint(terminal.Bold, e.dataset.Name), plural(e.documents, "document"), len(e.dataset.Queries))
	table := terminal.Table{Right: []bool{false, true, true, true, true, true}}
	heading := []terminal.Cell{{}}
	for _, metric := range evalMetrics() {
		heading = append(heading, terminal.Cell{Text: metric.Name(), Style: terminal.Faint})
	}
	table.Add(heading...)
	for i, mode := range evalModes {
		table.Add(e.row(mode.String(), e.results[i])...)
	}
	for i, r := range e.reranked {
		table.Add(e.row(evalModes[i].String()+withRerank, r)...)
	}
	if err := table.Print(p.out, s); err != nil {
		return err
	}
	p.printf("\n")
	for i, mode := range evalModes[:len(evalModes)-1] {
		if c, err := e.compareWithHybrid(i); err == nil {
			p.printf("hybrid over %s: %+.4f ndcg@10, %s (paired randomisation test)\n", mode, c.Difference, chance(c.Randomisation))
		}
	}
	for i := range e.reranked {
		if c, err := e.compareReranked(i); err == nil {
			p.printf("rerank over %s: %+.4f ndcg@10, %s\n", evalModes[i], c.Difference, chance(c.Randomisation))
		}
	}
	return nil
}

// chance writes a p-value to four digits.
func chance(p float64) string {
	if p < 0.0001 {
		return "p < 0.0001"
	}
	return fmt.Sprintf("p = %.4f", p)
}

// row is one result's line of the table.
func (e *evaluation) row(name string, r *eval.Result) []terminal.Cell {
	cells := terminal.Plain(name)
	for _, metric := range evalMetrics() {
		cell := terminal.Cell{Text: fmt.Sprintf("%.4f", r.Mean(metric))}
		if e.isBest(r, metric) {
			cell.Style = terminal.Green
		}
		cells = append(cells, cell)
	}
	return cells
}

func (e *evaluation) isBest(r *eval.Result, metric eval.Metric) bool {
	for _, other := range slices.Concat(e.results, e.reranked) {
		if other.Mean(metric) > r.Mean(metric) {
			return false
		}
	}
	return true
}
