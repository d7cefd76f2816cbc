package bertsearch

import (
	"context"
	"math/rand/v2"
	"strings"

	"github.com/bertsearch/bertsearch/embed"
	"github.com/bertsearch/bertsearch/store"
	"github.com/bertsearch/bertsearch/train"
)

const (
	// mostCorpusPairs bounds what is made of a large corpus.
	mostCorpusPairs = 2400
	// leastBody is the shortest text, in bytes, that says something.
	leastBody = 80
	// roundTrip: a pair stays if hybrid search finds the document among so many.
	roundTrip = 20
)

// corpusPairs makes pairs of the documents: a heading and its section; a title
// and its text; the text that documents code and the code; and where there is neither, a sentence and the
// text without it. A pair stays if search finds the one by the other.
func (db *DB) corpusPairs(ctx context.Context, seed uint64) ([]train.Pair, error) {
	made, err := db.makePairs(ctx, seed)
	if err != nil {
		return nil, err
	}
	return db.found(ctx, made)
}

// found keeps the pairs whose document search finds by the query.
func (db *DB) found(ctx context.Context, made []madePair) ([]train.Pair, error) {
	var pairs []train.Pair
	for _, m := range made {
		hits, err := db.Search(ctx, Query{Text: m.pair.Query, K: roundTrip})
		if err != nil {
			return nil, err
		}
		for _, h := range hits {
			if h.ID == m.id {
				pairs = append(pairs, m.pair)
				break
			}
		}
	}
	return pairs, nil
}

// madePair is a pair and the document it was made of.
type madePair struct {
	pair train.Pair
	id   string
}

// makePairs makes a pair of each document that allows it, or of as many of them
// as are wanted, chosen at random.
func (db *DB) makePairs(ctx context.Context, seed uint64) ([]madePair, error) {
	var kept []madePair
	random := rand.New(rand.NewPCG(seed, 0xc0de))
	seen := 0
	err := db.eachDocument(ctx, func(d *store.Document, _ *store.Reader) error {
		p, ok := pairOf(d.Title, d.Text, random)
		if !ok {
			return nil
		}
		seen++
		m := madePair{p, d.ID}
		if len(kept) < mostCorpusPairs {
			kept = append(kept, m)
		} else if i := random.IntN(seen); i < mostCorpusPairs { // a fair sample of all
			kept[i] = m
		}
		return nil
	})
	return kept, err
}

// pairOf makes a pair of one document, if it can.
func pairOf(title, text string, random *rand.Rand) (train.Pair, bool) {
	doc, code, documented := documentation(text)
	if !documented { // else a # begins a comment
		if p, ok := sectionPair(text, random); ok {
			return p, true
		}
	}
	if strings.TrimSpace(title) != "" {
		return train.Pair{Query: strings.TrimSpace(title), Positive: strings.TrimSpace(text)}, len(text) >= leastBody
	}
	if documented {
		return train.Pair{Query: doc, Positive: code}, true
	}
	spans := embed.Sentences(text)
	if len(spans) < 3 {
		return train.Pair{}, false
	}
	s := spans[random.IntN(len(spans))]
	rest := strings.TrimSpace(text[:s.Start] + text[s.End:])
	return train.Pair{Query: text[s.Start:s.End], Positive: rest}, s.End-s.Start >= leastBody/4 && len(rest) >= leastBody
}

// documentation takes the first paragraph of a Python function's docstring out
// of its code.
func documentation(text string) (doc, code string, ok bool) {
	const quotes = `"""`
	before, rest, ok := strings.Cut(text, quotes)
	if !ok || !strings.Contains(before, "def ") {
		return "", "", false
	}
	inside, after, ok := strings.Cut(rest, quotes)
	if !ok {
		return "", "", false
	}
	first, _, _ := strings.Cut(strings.TrimSpace(inside), "\n\n")
	doc = strings.Join(strings.Fields(first), " ")
	code = strings.TrimRight(before, " \t\n") + "\n" + strings.TrimLeft(after, "\n")
	return doc, code, len(doc) >= leastBody/4 && len(code) >= leastBody
}
