package bertsearch

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/bertsearch/bertsearch/embed"
	"github.com/bertsearch/bertsearch/eval"
	"github.com/bertsearch/bertsearch/index"
	"github.com/bertsearch/bertsearch/index/keyword"
	"github.com/bertsearch/bertsearch/internal/fusion"
	"github.com/bertsearch/bertsearch/internal/kernel"
	"github.com/bertsearch/bertsearch/model"
	"github.com/bertsearch/bertsearch/store"
	"github.com/bertsearch/bertsearch/train"
)

// Without labels the corpus teaches by its own hybrid ranking: queries are made
// of titles, descriptions of code and sentences, and an adapter of queries
// learns to rank the other documents as words and meaning together do. What
// decides is whether such queries, which were not learnt from, find the rest of
// their document, from which they were taken out: that never taught. Hybrid
// search has the words themselves and leaves the adapter out.
const (
	mostDocuments = 6000 // that are learnt from, drawn at random
	mostUnits     = 3    // passages of a document that stand for it
	mostMade      = 4000 // queries that are made of them
	mostHeld      = 800  // of them held out
	rankingDepth  = 30   // documents that a query's ranking has
	rankingSides  = 100  // and how many of either side it is fused of
	rankingScale  = 20   // of the fused scores, before the softmax
	leastGain     = 0.0075
	chanceOfGain  = 0.05 // p-value with which a gain on made questions is believed
)

// adapterShares are the shares of the change that are tried.
func adapterShares() []float64 { return []float64{0.5, 1} }

// madeQuery is a query that was made of a document.
type madeQuery struct {
	Query    string `json:"query"`
	Rest     string `json:"rest"` // the document without it
	Document uint32 `json:"document"`
}

// makeQueries draws documents and makes up to two queries of each.
func (db *DB) makeQueries(ctx context.Context, seed uint64) ([]madeQuery, error) {
	random := rand.New(rand.NewPCG(seed, 0xc0de))
	var drawn [][]madeQuery
	seen := 0
	err := db.eachDocument(ctx, func(d *store.Document, _ *store.Reader) error {
		seen++
		made := queriesOf(d.Title, d.Text, random)
		for i := range made {
			made[i].Document = d.Number
		}
		if len(drawn) < mostDocuments {
			drawn = append(drawn, made)
		} else if i := random.IntN(seen); i < mostDocuments { // a fair sample of all
			drawn[i] = made
		}
		return nil
	})
	all := slices.Concat(drawn...)
	random.Shuffle(len(all), func(i, k int) { all[i], all[k] = all[k], all[i] })
	return all[:min(len(all), mostMade)], err
}

// queriesOf makes queries of a document: its title, the description of its
// code or else a sentence.
func queriesOf(title, text string, random *rand.Rand) []madeQuery {
	var made []madeQuery
	title = strings.TrimSpace(title)
	if title != "" {
		made = append(made, madeQuery{Query: title, Rest: strings.TrimSpace(text)})
	}
	if doc, code, ok := documentation(text); ok {
		return append(made, madeQuery{Query: doc, Rest: embed.PassageText(title, code)})
	}
	if spans := embed.Sentences(text); len(spans) >= 2 {
		s := spans[random.IntN(len(spans))]
		rest := strings.TrimSpace(text[:s.Start] + text[s.End:])
		if n := s.End - s.Start; n >= leastBody/3 && n <= 4*leastBody {
			made = append(made, madeQuery{Query: text[s.Start:s.End], Rest: embed.PassageText(title, rest)})
		}
	}
	return made
}

// adaptation learns an adapter for a database.
type adaptation struct {
	db      *DB
	plain   *embed.BERT    // the model in use without its adapter
	before  *model.Adapter // of the model in use; nil for none
	seed    uint64
	units   []unit
	vectors [][]float32 // of the units
	mean    []float32
	trained []madeQuery
	held    []madeQuery
	learnt  []float32 // d×d
	losses  []float64
	queries [][]float32 // held out, not adapted
	rests   [][]float32
}

// unit is a passage that is ranked.
type unit struct{ document uint32 }

// adapt learns an adapter from the queries of the plan and reports what it is
// worth. It is nil, with a reason in the report, if it is not to be kept.
func (db *DB) adapt(ctx context.Context, base *embed.BERT, p *tunePlan) (*model.Adapter, TuneReport, error) {
	j := &adaptation{db: db, before: base.Model().Adapter, seed: p.Recipe.Seed}
	n := min(len(p.Made)/4, mostHeld)
	j.held, j.trained = p.Made[:n], p.Made[n:]
	began := time.Now()
	report := TuneReport{Source: p.Source, Pairs: len(j.trained), Questions: n, PValue: 1}
	if j.before != nil && !j.before.Words {
		report.Reason = "its queries have an adapter that was learnt from labels, which made questions cannot judge"
		return nil, report, nil
	}
	var err error
	if j.plain, err = adapted(base, nil); err == nil {
		err = j.readUnits(ctx)
	}
	if err == nil {
		err = j.learn(ctx)
	}
	if err == nil {
		err = j.prepare(ctx)
	}
	if err != nil {
		return nil, report, err
	}
	report.Steps, report.Losses = len(j.losses), j.losses
	report.StepsPerS = float64(report.Steps) / time.Since(began).Seconds()
	a, err := j.decide(ctx, &report)
	return a, report, err
}

// readUnits reads the vectors of the documents that queries were made of.
func (j *adaptation) readUnits(ctx context.Context) error {
	wanted := map[uint32]bool{}
	for _, m := range slices.Concat(j.held, j.trained) {
		wanted[m.Document] = true
	}
	err := j.db.store.View(func(r *store.Reader) error {
		for v, err := range r.Vectors() {
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				return err
			}
			if wanted[v.Document] && v.Index < mostUnits {
				j.units, j.vectors = append(j.units, unit{v.Document}), append(j.vectors, slices.Clone(v.Values))
			}
		}
		return nil
	})
	if err == nil && len(j.vectors) < fewestQueries {
		err = fmt.Errorf("%d passages are too few to learn from: want %d or more", len(j.vectors), fewestQueries)
	}
	if err == nil {
		j.mean = meanOf(j.vectors)
	}
	return err
}

// learn ranks the units for each query by words and meaning, and trains.
func (j *adaptation) learn(ctx context.Context) error {
	vectors, err := j.embedQueries(ctx, j.trained)
	if err != nil {
		return err
	}
	keywords, err := j.words(ctx, j.trained)
	if err != nil {
		return err
	}
	var rankings []train.Ranking
	for i, m := range j.trained {
		if r, ok := j.ranking(m, vectors[i], keywords[i]); ok {
			rankings = append(rankings, r)
		}
		j.db.queries.Yield()
	}
	j.learnt, j.losses, err = train.Adapt(ctx, rankings, j.vectors, train.AdapterOptions{Seed: j.seed, Yield: j.db.queries.Yield})
	return err
}

func (j *adaptation) embedQueries(ctx context.Context, made []madeQuery) ([][]float32, error) {
	texts := make([]string, len(made))
	for i, m := range made {
		texts[i] = m.Query
	}
	return j.plain.Embed(ctx, embed.Query, texts)
}

// words returns for each query the BM25 scores of the units' documents that are
// above 0.
func (j *adaptation) words(ctx context.Context, made []madeQuery) ([]map[uint32]float64, error) {
	var numbers []uint32
	for _, u := range j.units {
		numbers = append(numbers, u.document)
	}
	slices.Sort(numbers)
	numbers = slices.Compact(numbers)
	words, err := j.db.words.get(ctx)
	if err != nil {
		return nil, err
	}
	list := make([]map[uint32]float64, len(made))
	err = words.with(func(x *keyword.Index) error {
		for i, m := range made {
			scores, err := x.Scores(ctx, m.Query, numbers)
			if err != nil {
				return err
			}
			list[i] = map[uint32]float64{}
			for k, score := range scores {
				if score > 0 {
					list[i][numbers[k]] = score
				}
			}
			j.db.queries.Yield()
		}
		return nil
	})
	return list, err
}

// ranking is what hybrid search makes of the units for a query, the document
// that the query is of left out.
func (j *adaptation) ranking(m madeQuery, query []float32, keywords map[uint32]float64) (train.Ranking, bool) {
	r := train.Ranking{Query: query}
	var places []int
	var near, full index.Top
	near.Reset(rankingSides)
	full.Reset(rankingSides)
	for i, u := range j.units {
		if u.document == m.Document {
			r.Without = append(r.Without, i)
			continue
		}
		near.Offer(index.Match{Label: uint32(i), Score: kernel.Dot(query, j.vectors[i])})
		if score := keywords[u.document]; score > 0 {
			full.Offer(index.Match{Label: uint32(i), Score: float32(score)})
		}
	}
	for _, match := range append(near.Sorted(), full.Sorted()...) {
		places = append(places, int(match.Label))
	}
	slices.Sort(places)
	places = slices.Compact(places)
	if len(places) == 0 {
		return r, false
	}
	list := make([]fusion.Candidate, len(places))
	for n, i := range places {
		list[n] = fusion.Candidate{Dense: float64(kernel.Dot(query, j.vectors[i])), Keyword: keywords[j.units[i].document]}
	}
	scores := fusion.Auto(list, float64(kernel.Dot(query, j.mean)))
	order := fusion.Order(scores)
	for _, n := range order[:min(len(order), rankingDepth)] {
		r.Documents = append(r.Documents, places[n])
		r.Weights = append(r.Weights, float32(rankingScale*scores[n].Value))
	}
	kernel.Softmax(r.Weights)
	return r, true
}

// prepare embeds the queries held out and the rests of their documents.
func (j *adaptation) prepare(ctx context.Context) error {
	var err error
	if j.queries, err = j.embedQueries(ctx, j.held); err != nil {
		return err
	}
	rests := make([]string, len(j.held))
	for i, m := range j.held {
		rests[i] = m.Rest
	}
	j.rests, err = j.plain.Embed(ctx, embed.Passage, rests)
	return err
}

// decide chooses the share of the change, and whether it is better than none.
func (j *adaptation) decide(ctx context.Context, report *TuneReport) (*model.Adapter, error) {
	before := j.measure(j.before)
	best, chosen := before, (*model.Adapter)(nil)
	for _, share := range adapterShares() {
		a := adapterOf(j.learnt, len(j.mean), share, true)
		values := j.measure(a)
		report.Mixes = append(report.Mixes, train.Mixed{Share: share, Mean: mean(values)})
		if mean(values) > mean(best) {
			best, chosen, report.Mix = values, a, share
		}
	}
	hybrid, err := j.hybrid(ctx)
	if err != nil {
		return nil, err
	}
	report.Before, report.After = Figures{mean(before), hybrid}, Figures{mean(best), hybrid}
	c, err := eval.Compare(before, best)
	if err != nil {
		return nil, err
	}
	report.PValue = c.Randomisation
	switch gain := report.After.Dense - report.Before.Dense; {
	case chosen == nil:
		report.Reason = "no share of the change is better on the questions held out"
	case gain < leastGain:
		report.Reason = fmt.Sprintf("a gain of %.4f on made questions is too small to be believed of real ones: want %.4f", gain, leastGain)
	case c.Randomisation > chanceOfGain:
		report.Reason = fmt.Sprintf("what it gains may be chance (p = %.2f)", c.Randomisation)
	default:
		return chosen, nil
	}
	return nil, nil
}

// measure returns nDCG@10 of each question held out with an adapter, nil for
// none: the rest of its document among the other documents' units.
func (j *adaptation) measure(a *model.Adapter) (values []float64) {
	for i, m := range j.held {
		if m.Rest == "" {
			values = append(values, 0)
			continue
		}
		query := slices.Clone(j.queries[i])
		if a != nil {
			a.Apply(query)
		}
		own, rank := kernel.Dot(query, j.rests[i]), 1
		for k, u := range j.units {
			if u.document != m.Document && kernel.Dot(query, j.vectors[k]) >= own {
				rank++
			}
		}
		values = append(values, discounted(rank))
	}
	return values
}

// hybrid is the mean nDCG@10 of hybrid search, which has no adapter: of the
// documents themselves, whose words the questions are.
func (j *adaptation) hybrid(ctx context.Context) (float64, error) {
	keywords, err := j.words(ctx, j.held)
	if err != nil {
		return 0, err
	}
	var values []float64
	for i := range j.held {
		list := make([]fusion.Candidate, len(j.units))
		for k, u := range j.units {
			list[k] = fusion.Candidate{Dense: float64(kernel.Dot(j.queries[i], j.vectors[k])), Keyword: keywords[i][u.document]}
		}
		values = append(values, discounted(j.rank(i, fusion.Auto(list, float64(kernel.Dot(j.queries[i], j.mean))))))
	}
	return mean(values), nil
}

// rank is that of the document of question i among the units.
func (j *adaptation) rank(i int, fused []fusion.Score) int {
	best := math.Inf(-1)
	for k, u := range j.units {
		if u.document == j.held[i].Document {
			best = max(best, fused[k].Value)
		}
	}
	rank := 1
	for k, u := range j.units {
		if u.document != j.held[i].Document && fused[k].Value >= best {
			rank++
		}
	}
	return rank
}

// discounted is nDCG@10 of the only right answer at a rank.
func discounted(rank int) float64 {
	if rank > 10 {
		return 0
	}
	return 1 / math.Log2(float64(rank)+1)
}

func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(max(len(values), 1))
}

// adapterOf is the identity and a share of what was learnt, d×d.
func adapterOf(learnt []float32, d int, share float64, words bool) *model.Adapter {
	m := make([]float32, d*d)
	kernel.Axpy(m, float32(share), learnt)
	for i := range d {
		m[i*d+i]++
	}
	return model.NewAdapter(m, d, words)
}
