package bertsearch

import (
	"fmt"
	"time"
)

// Mode says which side of the database answers a query.
type Mode uint8

const (
	// Hybrid combines Dense and Keyword into one score; it is the zero value.
	Hybrid Mode = iota
	// Dense ranks by the cosine between the query's and the passages' embeddings.
	Dense
	// Keyword ranks by BM25 over title and text.
	Keyword
)

// String returns the name that the command line uses.
func (m Mode) String() string {
	switch m {
	case Dense:
		return "dense"
	case Keyword:
		return "keyword"
	default:
		return "hybrid"
	}
}

// ParseMode is the inverse of [Mode.String].
func ParseMode(s string) (Mode, error) {
	for _, m := range []Mode{Hybrid, Dense, Keyword} {
		if s == m.String() {
			return m, nil
		}
	}
	return 0, fmt.Errorf("%w: mode %q: want hybrid, dense or keyword", ErrInvalidQuery, s)
}

// DefaultK is how many hits a query returns when K is zero.
const DefaultK = 10

// A Query asks for the documents nearest to a text, to a vector or to another
// document, or, with only a Filter, for the documents that match it.
type Query struct {
	// Text is the question, in the user's words. Dense and Hybrid embed it as
	// a query, Keyword analyses it as a bag of words; it has no operators.
	Text string
	// Vector asks by a ready embedding of the database's dimension, in Dense mode.
	Vector []float32
	// Like asks for documents similar to the one with this id, which is itself left out.
	Like string

	// K is the number of hits wanted; zero means [DefaultK].
	K int
	// Offset leaves out the first hits, for the next page.
	Offset int
	// Mode is Hybrid unless set.
	Mode Mode
	// Filter keeps only the documents it matches. It is exact: when at least K
	// documents match, K hits come back (Keyword: K among those that share a
	// word with the query).
	Filter Filter
	// MinScore leaves out hits below it, on the scale of the mode: cosine for
	// Dense, BM25 for Keyword, 0 to 1 for Hybrid. Zero keeps all.
	MinScore float64

	// Fusion chooses how Hybrid combines the two sides; the zero value is [Auto].
	Fusion Fusion
	// Weight is the share of the dense side for [Convex], 0 to 1; zero means 0.5.
	Weight float64
	// Explain asks for the scores of both sides with each hit.
	Explain bool

	// Rerank ranks the best hits again by a model that reads them; nil does not.
	Rerank *Rerank
}

// Fusion is a way to combine the dense and the keyword ranking.
type Fusion uint8

const (
	// Auto takes the two sides as two witnesses, either of which may be right
	// alone: score = 1 − (1 − meaning)·(1 − words). Meaning is how far the
	// document's cosine lies above that of any document of the collection;
	// words is BM25 over the best hit's, halved.
	Auto Fusion = iota
	// Convex is the convex combination of min-max normalised scores with a fixed Weight.
	Convex
	// RRF is reciprocal rank fusion with k = 60 (Cormack et al., 2009), scaled to 0…1.
	RRF
)

// String returns the name that the command line uses.
func (f Fusion) String() string {
	switch f {
	case Convex:
		return "convex"
	case RRF:
		return "rrf"
	default:
		return "auto"
	}
}

// ParseFusion is the inverse of [Fusion.String].
func ParseFusion(s string) (Fusion, error) {
	for _, f := range []Fusion{Auto, Convex, RRF} {
		if s == f.String() {
			return f, nil
		}
	}
	return 0, fmt.Errorf("%w: fusion %q: want auto, convex or rrf", ErrInvalidQuery, s)
}

// validate reports the first setting that makes no sense.
func (q *Query) validate() error {
	asked := 0
	for _, set := range []bool{q.Text != "", q.Vector != nil, q.Like != ""} {
		if set {
			asked++
		}
	}
	switch {
	case asked > 1:
		return fmt.Errorf("%w: set one of Text, Vector and Like", ErrInvalidQuery)
	case asked == 0 && q.Filter == nil:
		return fmt.Errorf("%w: it asks for nothing: set Text, Vector, Like or Filter", ErrInvalidQuery)
	case q.K < 0:
		return fmt.Errorf("%w: k is %d: want 1 or more", ErrInvalidQuery, q.K)
	case q.Offset < 0:
		return fmt.Errorf("%w: offset is %d: want 0 or more", ErrInvalidQuery, q.Offset)
	case q.Mode > Keyword:
		return fmt.Errorf("%w: unknown mode %d", ErrInvalidQuery, q.Mode)
	case q.Fusion > RRF:
		return fmt.Errorf("%w: unknown fusion %d", ErrInvalidQuery, q.Fusion)
	case !(q.Weight >= 0 && q.Weight <= 1):
		return fmt.Errorf("%w: weight is %g: want 0 to 1", ErrInvalidQuery, q.Weight)
	case q.Vector != nil && q.Mode == Keyword:
		return fmt.Errorf("%w: a vector has no words to search by: use Dense", ErrInvalidQuery)
	}
	return nil
}

// A Hit is one document of an answer, with the passage that earned it its place.
type Hit struct {
	// Rank counts from 1 over the whole answer, Offset included.
	Rank int
	// ID, Title and Fields are the document's.
	ID     string
	Title  string
	Fields map[string]any
	// Score is higher for better hits; see [Query.MinScore] for its scale.
	Score float64
	// Passage is the part of the document nearest to the query.
	Passage Passage
	// Explain is set when the query asked for it.
	Explain *Explanation
	// Relevance is what the model of [Query.Rerank] says of the passage, and 0
	// where it did not read it.
	Relevance float64
}

// A Passage is a byte range of a document's text.
type Passage struct {
	// Text is the document's Text[Start:End].
	Text       string
	Start, End int
}

// An Explanation shows how the two sides contributed to a hit. A side that
// did not see the document is nil.
type Explanation struct {
	Dense   *Contribution `json:"dense"`
	Keyword *Contribution `json:"keyword"`
}

// A Contribution is one side's view of a hit.
type Contribution struct {
	// Rank among the candidates on this side, from 1.
	Rank int `json:"rank"`
	// Score is the raw score: cosine or BM25.
	Score float64 `json:"score"`
	// Normalised is the score as it enters the combination, 0 to 1.
	Normalised float64 `json:"normalised"`
}

// An Answer is what [DB.Find] returns.
type Answer struct {
	// Hits, best first.
	Hits []Hit
	// Reranked counts the hits that [Query.Rerank] put in a new order.
	Reranked int
	// Total counts the documents that were asked: those that match the filter.
	Total int
	// Mode that answered.
	Mode Mode
	// Took is the time spent.
	Took time.Duration
}
