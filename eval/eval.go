// Package eval says how good a ranking is: nDCG, MAP, MRR, recall and precision
// as trec_eval computes them, from judgements in the BEIR layout or in TREC's,
// and whether two rankings differ by more than chance.
//
//	data, err := eval.OpenBEIR("scifact")
//	run := eval.Run{}
//	for _, query := range data.Queries {
//		run[query.ID] = search(query.Text) // []eval.Scored
//	}
//	result := eval.Evaluate(data.Qrels, run, eval.NDCG(10), eval.MAP())
//	fmt.Printf("%.4f\n", result.Mean(eval.NDCG(10)))
package eval

import (
	"cmp"
	"slices"
)

// Qrels are relevance judgements: query id → document id → grade. A grade of 1
// or more is relevant, 0 or less is judged not relevant, and a document that is
// not there was not judged and counts as not relevant.
type Qrels map[string]map[string]int

// Relevant lists the documents that are relevant to a query, by id.
func (q Qrels) Relevant(query string) []string {
	var ids []string
	for id, grade := range q[query] {
		if grade > 0 {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// Run is what a system retrieved: query id → documents, in any order.
type Run map[string][]Scored

// Scored is a retrieved document. A higher score is better.
type Scored struct {
	ID    string
	Score float64
}

// Rank sorts documents as trec_eval does, whatever order they were retrieved
// in: by descending score, and equal scores by descending id. trec_eval keeps
// scores in single precision, so scores equal as float32 are equal here.
func Rank(documents []Scored) {
	slices.SortStableFunc(documents, func(a, b Scored) int {
		if order := cmp.Compare(float32(b.Score), float32(a.Score)); order != 0 {
			return order
		}
		return cmp.Compare(b.ID, a.ID)
	})
}

// Result holds one value a query for each metric.
type Result struct {
	// Queries are the ids of the queries that count, in ascending order: those
	// with at least one relevant document. No ranking of the others is better
	// than another, so they are left out.
	Queries []string

	values map[string][]float64 // metric name → a value for each of Queries
}

// Evaluate measures run against qrels. A query for which the run has nothing
// counts as zero in every metric, as with trec_eval -c: a system gains nothing
// by not answering. A document retrieved twice for a query counts once, at its
// better place.
func Evaluate(qrels Qrels, run Run, metrics ...Metric) *Result {
	r := &Result{values: make(map[string][]float64, len(metrics))}
	for query, grades := range qrels {
		if countRelevant(grades) > 0 {
			r.Queries = append(r.Queries, query)
		}
	}
	slices.Sort(r.Queries)
	for _, query := range r.Queries {
		j := judge(qrels[query], run[query])
		for _, m := range metrics {
			r.values[m.Name()] = append(r.values[m.Name()], m.compute(j))
		}
	}
	return r
}

// Values returns the metric's value for each of r.Queries, or nil if Evaluate
// was not asked for that metric. The caller must not change them.
func (r *Result) Values(m Metric) []float64 { return r.values[m.Name()] }

// Mean returns the metric's mean over r.Queries; 0 if there are none.
func (r *Result) Mean(m Metric) float64 {
	values := r.Values(m)
	if len(values) == 0 {
		return 0
	}
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

// judgement is a ranking with its documents replaced by their grades, which is
// all that a metric looks at.
type judgement struct {
	gains    []int // grade of the document at each rank, 0 if not relevant
	ideal    []int // grades of all relevant documents, best first
	relevant int   // number of relevant documents, len(ideal)
}

func judge(grades map[string]int, retrieved []Scored) judgement {
	ranked := slices.Clone(retrieved)
	Rank(ranked)
	var j judgement
	seen := make(map[string]struct{}, len(ranked))
	for _, document := range ranked {
		if _, again := seen[document.ID]; again {
			continue
		}
		seen[document.ID] = struct{}{}
		j.gains = append(j.gains, max(0, grades[document.ID]))
	}
	for _, grade := range grades {
		if grade > 0 {
			j.ideal = append(j.ideal, grade)
		}
	}
	slices.SortFunc(j.ideal, func(a, b int) int { return cmp.Compare(b, a) })
	j.relevant = len(j.ideal)
	return j
}

func countRelevant(grades map[string]int) int {
	n := 0
	for _, grade := range grades {
		if grade > 0 {
			n++
		}
	}
	return n
}
