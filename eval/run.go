package eval

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
)

// errNotFinite: trec_eval orders by score, and NaN has no order.
var errNotFinite = errors.New("not a finite number")

// ReadRun reads a ranking in TREC's form: lines of a query id, an unused field,
// a document id, a rank, a score and a tag, between white space. As trec_eval
// does, it takes the order from the score and not from the rank. A document
// that is there twice for a query is an error. file names r in errors.
func ReadRun(r io.Reader, file string) (Run, error) {
	run := Run{}
	seen := map[[2]string]int{}
	for line, err := range readLines(r, file) {
		if err != nil {
			return nil, err
		}
		columns := bytes.Fields(line.text)
		if len(columns) != 6 {
			return nil, line.fault("%d columns, want 6: query, unused, document, rank, score, tag", len(columns))
		}
		score, err := parseScore(string(columns[4]))
		if err != nil {
			return nil, line.fault("score %q: %w", columns[4], err)
		}
		query, document := string(columns[0]), string(columns[2])
		if before, again := seen[[2]string{query, document}]; again {
			return nil, line.fault("document %q is already on line %d for query %q", document, before, query)
		}
		seen[[2]string{query, document}] = line.number
		run[query] = append(run[query], Scored{document, score})
	}
	for _, documents := range run {
		Rank(documents)
	}
	return run, nil
}

// LoadRun reads a file in TREC's form; see ReadRun.
func LoadRun(path string) (Run, error) { return readFile(path, ReadRun) }

func parseScore(text string) (float64, error) {
	score, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(score) || math.IsInf(score, 0) {
		return 0, errNotFinite
	}
	return score, nil
}

// Write writes the run in the form that ReadRun reads: queries in the order of
// their ids, documents in the order of Rank, ranks from 1. tag names the system
// that made it. Ids and tag must not be empty or have white space.
func (r Run) Write(w io.Writer, tag string) error {
	if err := checkColumns(tag); err != nil {
		return err
	}
	b := bufio.NewWriter(w)
	for _, query := range slices.Sorted(maps.Keys(r)) {
		ranked := slices.Clone(r[query])
		Rank(ranked)
		for i, document := range ranked {
			if err := checkColumns(query, document.ID); err != nil {
				return err
			}
			if math.IsNaN(document.Score) || math.IsInf(document.Score, 0) {
				return fmt.Errorf("eval: query %q, document %q: the score %v is %w", query, document.ID, document.Score, errNotFinite)
			}
			score := strconv.FormatFloat(document.Score, 'g', -1, 64)
			if _, err := fmt.Fprintf(b, "%s Q0 %s %d %s %s\n", query, document.ID, i+1, score, tag); err != nil {
				return writeError(err)
			}
		}
	}
	return writeError(b.Flush())
}
