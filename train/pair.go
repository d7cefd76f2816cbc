package train

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// A Pair is a label: what was asked, and what answers it. Passages are texts,
// or ids of documents of the database that is tuned.
type Pair struct {
	Query      string `json:"query"`
	Positive   string `json:"positive,omitempty"`
	PositiveID string `json:"positive_id,omitempty"`
	Negative   string `json:"negative,omitempty"`
	NegativeID string `json:"negative_id,omitempty"`
}

// Validate reports a pair without a query or an answer.
func (p Pair) Validate() error {
	switch {
	case strings.TrimSpace(p.Query) == "":
		return errors.New(`a pair needs a "query"`)
	case strings.TrimSpace(p.Positive) == "" && p.PositiveID == "":
		return errors.New(`a pair needs a "positive" or a "positive_id"`)
	case p.Positive != "" && p.PositiveID != "" || p.Negative != "" && p.NegativeID != "":
		return errors.New("a passage is given as a text or as an id, not both")
	}
	return nil
}

// ReadPairs reads a pair a line, each a JSON object with the keys of [Pair].
// Blank lines are skipped; file names r in errors.
func ReadPairs(r io.Reader, file string) ([]Pair, error) {
	var pairs []Pair
	buffered := bufio.NewReader(r)
	for line := 1; ; line++ {
		text, err := buffered.ReadString('\n')
		if strings.TrimSpace(text) != "" {
			var p Pair
			bad := json.Unmarshal([]byte(text), &p)
			if bad == nil {
				bad = p.Validate()
			}
			if bad != nil {
				return nil, fmt.Errorf("%s:%d: %w", file, line, bad)
			}
			pairs = append(pairs, p)
		}
		if errors.Is(err, io.EOF) {
			return pairs, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
	}
}

// Options say how a database is tuned. The zero value learns from the corpus alone.
type Options struct {
	// Pairs are the labels. Without any, the database's feedback is learnt from
	// if it has answers for 20 queries or more, and else pairs are made of the
	// documents; the three are never mixed.
	Pairs []Pair
	// Writer, where there are no Pairs, writes the questions that documents answer,
	// and they are learnt from as pairs would be: those by which search finds
	// their document. Feedback is not learnt from then.
	Writer Writer
	// Questions is how many are written of a document; 0 is 3. More than one are
	// drawn at random, by the Recipe's seed.
	Questions int
	// IgnoreFeedback learns from the documents alone where there are no Pairs.
	IgnoreFeedback bool
	// Encoder trains the encoder itself where there are no labels, in place of
	// the adapter of queries that is learnt otherwise; the Recipe is for this.
	Encoder bool
	// Adapter learns an adapter of queries from the labels, in place of the
	// encoder's weights: in seconds, and no document is embedded again. Of the
	// Recipe it heeds Seed and Mixes alone. Without labels that is done anyway.
	Adapter bool
	// Recipe of the training. Without labels its zero values mean one gentle
	// pass: see docs/tuning.md.
	Recipe Recipe
	// Negatives is how many wrong passages are mined for each pair with the
	// database's own search; 0 is none beside those of the batch, and 8 for an
	// adapter.
	Negatives int
	// HeldOut is the share of the queries that is not trained on and decides
	// whether the new model is better; 0 is 0.15, and 0.25 for an adapter.
	HeldOut float64
	// DryRun trains and measures, and changes nothing.
	DryRun bool
	// Resume goes on with the run that was interrupted, with its pairs and its
	// recipe, in place of a new one.
	Resume bool
	// Written hears of the documents that the Writer has written of.
	Written func(done, total int)
	// Progress hears of each step of the training.
	Progress func(Progress)
	// Embedding hears of the documents that are embedded again with a new model
	// that is better: once at the beginning, and after each part of them.
	Embedding func(Embedding)
	// CheckpointEvery so many steps the run can be resumed from; 0 is 25.
	CheckpointEvery int
}
