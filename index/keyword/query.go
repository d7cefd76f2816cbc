package keyword

import (
	"context"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/blevesearch/bleve/v2/analysis"
	index "github.com/blevesearch/bleve_index_api"
)

// Limits that keep the time of a search bounded, whatever text is asked.
const (
	maxQueryBytes = 256 << 10 // of the text, cut at a character
	maxQueryTerms = 512       // different terms, the weightiest that documents hold
)

// Term is a term of a query.
type Term struct {
	Text      string
	Count     int     // how often the query has it
	Documents uint64  // how many documents hold it
	IDF       float64 // ln(1 + (N − n + ½) / (n + ½)), N documents, n of them with the term
}

// Weight is the most that the term can add to a score: its count times its idf.
// A document would have to hold nothing else.
func (t Term) Weight() float64 { return float64(t.Count) * t.IDF }

// Statistics are the figures that a query's scores rest on.
type Statistics struct {
	Terms         []Term  // by falling weight, those that no document holds last; no more than 512
	Documents     uint64  // in the index
	AverageLength float64 // terms a document
}

// Bound is the score that no document can reach: the sum of the weights.
func (s Statistics) Bound() float64 {
	var sum float64
	for _, t := range s.Terms {
		sum += t.Weight()
	}
	return sum
}

// Statistics analyses a query as Search does.
func (x *Index) Statistics(ctx context.Context, query string) (Statistics, error) {
	var s Statistics
	err := x.read(func(r index.IndexReader) error {
		var err error
		s, err = x.statistics(ctx, r, query)
		return err
	})
	return s, err
}

func (x *Index) statistics(ctx context.Context, r index.IndexReader, query string) (Statistics, error) {
	documents, err := r.DocCount()
	if err != nil {
		return Statistics{}, err
	}
	s := Statistics{Documents: documents}
	if documents == 0 {
		return s, nil
	}
	if s.AverageLength, err = averageLength(r, documents); err != nil {
		return s, err
	}
	s.Terms = countTerms(x.analyzer, query)
	for i := range s.Terms {
		if err := ctx.Err(); err != nil {
			return s, err
		}
		t := &s.Terms[i]
		if t.Documents, err = documentsWith(r, t.Text); err != nil {
			return s, err
		}
		t.IDF = idf(documents, t.Documents)
	}
	slices.SortFunc(s.Terms, compareTerms)
	s.Terms = s.Terms[:min(len(s.Terms), maxQueryTerms)]
	return s, nil
}

// compareTerms orders by falling weight, but those that no document holds last;
// ties by text.
func compareTerms(a, b Term) int {
	if held := a.Documents > 0; held != (b.Documents > 0) {
		if held {
			return -1
		}
		return 1
	}
	if a.Weight() != b.Weight() {
		return compare(b.Weight(), a.Weight())
	}
	return strings.Compare(a.Text, b.Text)
}

// countTerms returns the different terms of a query in the order of their first occurrence.
func countTerms(a analysis.Analyzer, query string) []Term {
	at := make(map[string]int)
	var terms []Term
	for _, token := range analyse(a, cutQuery(query)) {
		text := string(token.Term)
		i, ok := at[text]
		if !ok {
			i = len(terms)
			at[text] = i
			terms = append(terms, Term{Text: text})
		}
		terms[i].Count++
	}
	return terms
}

func cutQuery(query string) string {
	if len(query) <= maxQueryBytes {
		return query
	}
	end := maxQueryBytes
	for end > maxQueryBytes-utf8.UTFMax && !utf8.RuneStart(query[end]) {
		end--
	}
	return query[:end]
}

func documentsWith(r index.IndexReader, term string) (uint64, error) {
	postings, err := r.TermFieldReader(context.Background(), []byte(term), textField, false, false, false)
	if err != nil {
		return 0, err
	}
	defer func() { _ = postings.Close() }()
	return postings.Count(), nil
}

// averageLength is the mean number of terms of a document, at least 1.
func averageLength(r index.IndexReader, documents uint64) (float64, error) {
	data, err := r.GetInternal(stateKey)
	if err != nil {
		return 0, err
	}
	s, err := parseState(data)
	if err != nil {
		return 0, err
	}
	return math.Max(1, float64(s.Tokens)/float64(documents)), nil
}
