package bertsearch

import (
	"context"
	"strconv"

	"github.com/bertsearch/bertsearch/embed"
	"github.com/bertsearch/bertsearch/eval"
	"github.com/bertsearch/bertsearch/internal/fusion"
	"github.com/bertsearch/bertsearch/internal/kernel"
	"github.com/bertsearch/bertsearch/model"
)

// Figures are means over the questions held out, each against a pool of
// passages: what answers them, and what search finds for them beside it.
type Figures struct {
	Dense  float64 `json:"dense_ndcg@10"`
	Hybrid float64 `json:"hybrid_ndcg@10"`
}

// measurer judges models by a plan's questions.
type measurer struct {
	base *embed.BERT
	plan *tunePlan
}

// values is a [train.Measure]: the mean of dense and hybrid nDCG@10 of each
// question, so that neither is bought with the other.
func (j *measurer) values(ctx context.Context, s *model.Sentence) ([]float64, error) {
	dense, hybrid, err := j.measure(ctx, s)
	values, _ := j.plan.means(dense, hybrid)
	return values, err
}

// figures are the means of both.
func (j *measurer) figures(ctx context.Context, s *model.Sentence) (Figures, error) {
	dense, hybrid, err := j.measure(ctx, s)
	_, f := j.plan.means(dense, hybrid)
	return f, err
}

// measure returns nDCG@10 of each question.
func (j *measurer) measure(ctx context.Context, s *model.Sentence) (dense, hybrid []float64, err error) {
	candidate := *s
	if candidate.Digest == "" {
		candidate.Digest = "candidate" // its fingerprint is never looked at
	}
	e, err := j.base.With(&candidate)
	if err != nil {
		return nil, nil, err
	}
	pool, err := e.Embed(ctx, embed.Passage, j.plan.Pool)
	if err != nil {
		return nil, nil, err
	}
	var texts []string
	for _, q := range j.plan.Questions {
		texts = append(texts, q.Query)
	}
	near, err := e.Embed(ctx, embed.Query, texts)
	if err != nil {
		return nil, nil, err
	}
	fused := near
	if candidate.Adapter != nil {
		if fused, err = e.Embed(ctx, embed.HybridQuery, texts); err != nil {
			return nil, nil, err
		}
	}
	dense, hybrid = j.plan.ask(near, fused, pool)
	return dense, hybrid, nil
}

// ask returns nDCG@10 of each question over the vectors of the pool, for its
// vector in near by meaning alone, and for that in fused by both.
func (p *tunePlan) ask(near, fused, pool [][]float32) (dense, hybrid []float64) {
	background := meanOf(pool)
	for i, q := range p.Questions {
		byMeaning := make([]fusion.Score, len(pool))
		list := make([]fusion.Candidate, len(pool))
		for k := range pool {
			byMeaning[k].Value = float64(kernel.Dot(near[i], pool[k]))
			list[k].Dense = float64(kernel.Dot(fused[i], pool[k]))
		}
		for place, score := range q.Words {
			list[place].Keyword = score
		}
		dense = append(dense, q.ndcg(byMeaning))
		hybrid = append(hybrid, q.ndcg(fusion.Auto(list, float64(kernel.Dot(fused[i], background)))))
	}
	return dense, hybrid
}

// means are the mean of both for each question, and of all questions for each.
func (p *tunePlan) means(dense, hybrid []float64) ([]float64, Figures) {
	values := make([]float64, len(dense))
	for i := range dense {
		values[i] = (dense[i] + hybrid[i]) / 2
	}
	return values, Figures{mean(dense), mean(hybrid)}
}

// ndcg is nDCG@10 of the pool in the order of scores.
func (q *question) ndcg(scores []fusion.Score) float64 {
	grades := map[string]int{}
	for _, place := range q.Answers {
		grades[strconv.Itoa(place)] = 1
	}
	ranking := make([]eval.Scored, len(scores))
	for k, s := range scores {
		ranking[k] = eval.Scored{ID: strconv.Itoa(k), Score: s.Value}
	}
	metric := eval.NDCG(10)
	return eval.Evaluate(eval.Qrels{"q": grades}, eval.Run{"q": ranking}, metric).Mean(metric)
}

// meanOf is the mean of vectors.
func meanOf(vectors [][]float32) []float32 {
	sum := make([]float32, len(vectors[0]))
	for _, v := range vectors {
		kernel.Add(sum, v)
	}
	kernel.Scale(sum, 1/float32(len(vectors)))
	return sum
}
