package eval

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Metric measures one ranking against the judgements of its query. The value is
// between 0 and 1, higher is better. Metrics of the same name are the same.
type Metric struct {
	name    string
	compute func(judgement) float64
}

// Name returns the metric's name as ParseMetric reads it, such as "ndcg@10".
func (m Metric) Name() string { return m.name }

// NDCG is normalised discounted cumulative gain over the first k ranks, with
// linear gain: Σ grade/log2(rank+1), divided by the same sum for the ideal
// ranking (Järvelin and Kekäläinen, 2002). It is trec_eval's ndcg_cut_k.
func NDCG(k int) Metric {
	return Metric{cutName("ndcg", k), func(j judgement) float64 {
		ideal := discountedGain(j.ideal, k)
		if ideal == 0 {
			return 0
		}
		return discountedGain(j.gains, k) / ideal
	}}
}

// discountedGain is Σ gain/log2(rank+1) over the first k ranks.
func discountedGain(gains []int, k int) float64 {
	sum := 0.0
	for i, gain := range firstRanks(gains, k) {
		sum += float64(gain) / math.Log2(float64(i)+2)
	}
	return sum
}

// MAP is mean average precision over the whole ranking: the precision at the
// rank of each relevant document retrieved, summed and divided by the number
// of relevant documents. It is trec_eval's map.
func MAP() Metric {
	return Metric{"map", func(j judgement) float64 {
		if j.relevant == 0 {
			return 0
		}
		found, sum := 0, 0.0
		for i, gain := range j.gains {
			if gain > 0 {
				found++
				sum += float64(found) / float64(i+1)
			}
		}
		return sum / float64(j.relevant)
	}}
}

// MRR is one over the rank of the first relevant document, or 0 if none is
// among the first k: trec_eval's recip_rank, cut off at k.
func MRR(k int) Metric {
	return Metric{cutName("mrr", k), func(j judgement) float64 {
		for i, gain := range firstRanks(j.gains, k) {
			if gain > 0 {
				return 1 / float64(i+1)
			}
		}
		return 0
	}}
}

// Recall is the share of the relevant documents among the first k ranks. It is
// trec_eval's recall_k.
func Recall(k int) Metric {
	return Metric{cutName("recall", k), func(j judgement) float64 {
		if j.relevant == 0 {
			return 0
		}
		return float64(countHits(j.gains, k)) / float64(j.relevant)
	}}
}

// Precision is the share of the first k ranks that are relevant; a ranking
// shorter than k does not gain by it. It is trec_eval's P_k.
func Precision(k int) Metric {
	return Metric{cutName("p", k), func(j judgement) float64 {
		if k <= 0 {
			return 0
		}
		return float64(countHits(j.gains, k)) / float64(k)
	}}
}

// countHits counts relevant documents in the first k ranks.
func countHits(gains []int, k int) int {
	hits := 0
	for _, gain := range firstRanks(gains, k) {
		if gain > 0 {
			hits++
		}
	}
	return hits
}

func firstRanks(gains []int, k int) []int { return gains[:max(0, min(k, len(gains)))] }

func cutName(name string, k int) string { return name + "@" + strconv.Itoa(k) }

// ParseMetric returns the metric of a name: map, or ndcg@K, mrr@K, recall@K or
// p@K with a positive K.
func ParseMetric(name string) (Metric, error) {
	if name == "map" {
		return MAP(), nil
	}
	family, cut, _ := strings.Cut(name, "@")
	k, err := strconv.Atoi(cut)
	if err == nil && k > 0 {
		switch family {
		case "ndcg":
			return NDCG(k), nil
		case "mrr":
			return MRR(k), nil
		case "recall":
			return Recall(k), nil
		case "p":
			return Precision(k), nil
		}
	}
	return Metric{}, fmt.Errorf("eval: unknown metric %q: want map, ndcg@K, mrr@K, recall@K or p@K, such as ndcg@10", name)
}
