package bertsearch

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"time"

	"github.com/bertsearch/bertsearch/embed"
	"github.com/bertsearch/bertsearch/model"
	"github.com/bertsearch/bertsearch/store"
	"github.com/bertsearch/bertsearch/train"
)

const (
	// adapterNegatives are mined for each pair an adapter is learnt from, unless
	// Options say otherwise: they cost a search, and no embedding.
	adapterNegatives = 8
	// adapterHeldOut is the share of the queries that is held out where an
	// adapter is learnt, unless Options say otherwise: it fits what it is taught
	// so well that more questions are needed to tell what it is worth.
	adapterHeldOut = 0.25
	// mostBackground bounds the passages that every query is compared with,
	// beside those of the pairs: 30 MB of 384 values each.
	mostBackground = 20000
	// adapterDecay pulls what pairs teach towards the queries as they were.
	adapterDecay = 10
)

// labelAdaptation learns an adapter of queries from the examples of a plan, against
// the vectors that the database has of its documents.
type labelAdaptation struct {
	db      *DB
	plan    *tunePlan
	plain   *embed.BERT    // the model in use without its adapter
	before  *model.Adapter // of the model in use; nil for none
	vectors [][]float32    // of passages
	owners  []uint32       // number of the document that each is of, 0 for none
	places  map[string]int // of the passages of examples, by text
	learnt  []float32      // d×d
	queries [][]float32    // of the plan's questions, not adapted
	pool    [][]float32
}

// adaptToLabels learns an adapter and reports what it is worth. It is nil, with
// a reason in the report, if it is not to be kept.
func (db *DB) adaptToLabels(ctx context.Context, base *embed.BERT, p *tunePlan) (*model.Adapter, TuneReport, error) {
	began := time.Now()
	report := TuneReport{Source: p.Source, Pairs: len(p.Examples), Questions: len(p.Questions), PValue: 1}
	plain, err := adapted(base, nil)
	if err != nil {
		return nil, report, err
	}
	l := &labelAdaptation{db: db, plan: p, plain: plain, before: base.Model().Adapter, places: map[string]int{}}
	if err := l.gather(ctx); err != nil {
		return nil, report, err
	}
	if report.Losses, err = l.learn(ctx); err != nil {
		return nil, report, err
	}
	report.Steps = len(report.Losses)
	report.StepsPerS = float64(report.Steps) / time.Since(began).Seconds()
	a, err := l.decide(ctx, &report)
	return a, report, err
}

// check reports a plan that was read and cannot be one that was written.
func (l *labelAdaptation) check() error {
	whole := len(l.plan.PoolIDs) == len(l.plan.Pool) && len(l.plan.Pool) > 0
	for _, e := range l.plan.Examples {
		whole = whole && e.Validate() == nil && len(e.NegativeDocuments) == len(e.Negatives)
	}
	for _, q := range l.plan.Questions {
		for place := range q.Words {
			whole = whole && place >= 0 && place < len(l.plan.Pool)
		}
	}
	if !whole {
		return fmt.Errorf("%s is damaged: begin a new tuning", filepath.Join(l.db.tuneDir(), planFile))
	}
	return nil
}

// gather reads the vectors of the examples' passages and of others.
func (l *labelAdaptation) gather(ctx context.Context) error {
	if err := l.check(); err != nil {
		return err
	}
	var texts, ids []string
	add := func(text, id string) {
		if _, seen := l.places[text]; !seen {
			l.places[text] = len(texts)
			texts, ids = append(texts, text), append(ids, id)
		}
	}
	for _, e := range l.plan.Examples {
		add(e.Positive, e.Document)
		for k, text := range e.Negatives {
			add(text, e.NegativeDocuments[k])
		}
	}
	var err error
	if l.vectors, l.owners, err = l.stored(ctx, texts, ids); err != nil {
		return err
	}
	return l.gatherOthers(ctx)
}

// stored returns the vectors of passages of documents, as the database has
// them, and the documents' numbers. What is no passage of its document, or of
// none, is embedded.
func (l *labelAdaptation) stored(ctx context.Context, texts, ids []string) (vectors [][]float32, owners []uint32, err error) {
	vectors, owners = make([][]float32, len(texts)), make([]uint32, len(texts))
	err = l.db.store.View(func(r *store.Reader) error {
		for i, id := range ids {
			if id == "" {
				continue
			}
			d, err := r.Document(id)
			if errors.Is(err, store.ErrNotFound) {
				continue
			}
			if err == nil {
				owners[i] = d.Number
				vectors[i], err = vectorOf(r, d, texts[i])
			}
			if err = errors.Join(err, ctx.Err()); err != nil {
				return err
			}
		}
		return nil
	})
	var missing []int
	var unknown []string
	for i, v := range vectors {
		if v == nil {
			missing, unknown = append(missing, i), append(unknown, texts[i])
		}
	}
	if err != nil || len(missing) == 0 {
		return vectors, owners, err
	}
	made, err := l.plain.Embed(ctx, embed.Passage, unknown)
	for k, v := range made {
		vectors[missing[k]] = v
	}
	return vectors, owners, err
}

// vectorOf is the vector of a passage of a document, nil if the document has no
// such passage.
func vectorOf(r *store.Reader, d *store.Document, text string) ([]float32, error) {
	for _, p := range d.Passages {
		if embed.PassageText(d.Title, d.Text[p.Start:p.End]) == text {
			var v store.Vector
			err := r.Vector(p.Number, &v)
			return v.Values, err
		}
	}
	return nil, nil
}

// gatherOthers adds passages of documents that no example is of, a fair sample
// of all.
func (l *labelAdaptation) gatherOthers(ctx context.Context) error {
	known := map[uint32]bool{}
	for _, number := range l.owners {
		known[number] = true
	}
	first, seen := len(l.vectors), 0
	random := rand.New(rand.NewPCG(l.plan.Recipe.Seed, 0xbac4))
	return l.db.store.View(func(r *store.Reader) error {
		for v, err := range r.Vectors() {
			if err = errors.Join(err, ctx.Err()); err != nil {
				return err
			}
			if known[v.Document] {
				continue
			}
			seen++
			if len(l.vectors)-first < mostBackground {
				l.vectors, l.owners = append(l.vectors, slices.Clone(v.Values)), append(l.owners, v.Document)
			} else if i := random.IntN(seen); i < mostBackground {
				l.vectors[first+i], l.owners[first+i] = slices.Clone(v.Values), v.Document
			}
		}
		return nil
	})
}

// learn trains on the examples and returns the losses of the steps.
func (l *labelAdaptation) learn(ctx context.Context) ([]float64, error) {
	rankings, err := l.rankings(ctx)
	if err != nil {
		return nil, err
	}
	var losses []float64
	l.learnt, losses, err = train.Adapt(ctx, rankings, l.vectors, train.AdapterOptions{
		Decay: adapterDecay, Seed: l.plan.Recipe.Seed, Yield: l.db.queries.Yield,
	})
	return losses, err
}

// rankings says of each query that what answers it comes first, all answers
// alike, and the mined negatives do not. Other passages of an answering
// document are left out of account.
func (l *labelAdaptation) rankings(ctx context.Context) ([]train.Ranking, error) {
	var texts []string
	groups := map[string][]train.Example{}
	for _, e := range l.plan.Examples {
		if groups[e.Query] == nil {
			texts = append(texts, e.Query)
		}
		groups[e.Query] = append(groups[e.Query], e)
	}
	vectors, err := l.plain.Embed(ctx, embed.Query, texts)
	if err != nil {
		return nil, err
	}
	byOwner := map[uint32][]int{}
	for place, number := range l.owners {
		byOwner[number] = append(byOwner[number], place)
	}
	rankings := make([]train.Ranking, len(texts))
	for i, text := range texts {
		rankings[i] = l.ranking(vectors[i], groups[text], byOwner)
	}
	return rankings, nil
}

// ranking is that of one query.
func (l *labelAdaptation) ranking(query []float32, group []train.Example, byOwner map[uint32][]int) train.Ranking {
	r := train.Ranking{Query: query}
	for _, e := range group {
		if place := l.places[e.Positive]; !slices.Contains(r.Documents, place) {
			r.Documents = append(r.Documents, place)
		}
	}
	answers := len(r.Documents)
	for _, place := range r.Documents {
		r.Weights = append(r.Weights, 1/float32(answers))
		for _, other := range byOwner[l.owners[place]] {
			if l.owners[other] != 0 && !slices.Contains(r.Documents[:answers], other) {
				r.Without = append(r.Without, other)
			}
		}
	}
	for _, e := range group {
		for _, text := range e.Negatives {
			if place := l.places[text]; !slices.Contains(r.Documents, place) && !slices.Contains(r.Without, place) {
				r.Documents, r.Weights = append(r.Documents, place), append(r.Weights, 0)
			}
		}
	}
	slices.Sort(r.Without)
	r.Without = slices.Compact(r.Without)
	return r
}

// decide chooses the share of the change by the questions held out, and whether
// it is better than the model in use.
func (l *labelAdaptation) decide(ctx context.Context, report *TuneReport) (*model.Adapter, error) {
	var texts []string
	for _, q := range l.plan.Questions {
		texts = append(texts, q.Query)
	}
	var err error
	if l.queries, err = l.plain.Embed(ctx, embed.Query, texts); err != nil {
		return nil, err
	}
	if l.pool, _, err = l.stored(ctx, l.plan.Pool, l.plan.PoolIDs); err != nil {
		return nil, err
	}
	before, figures := l.measure(l.before)
	report.Before, report.After = figures, figures
	after, chosen := before, (*model.Adapter)(nil)
	for _, share := range l.shares() {
		if !(share > 0 && share <= 1) {
			return nil, fmt.Errorf("a share of the change of %g: want one above 0 and at most 1", share)
		}
		a := adapterOf(l.learnt, len(l.queries[0]), share, l.made())
		values, figures := l.measure(a)
		report.Mixes = append(report.Mixes, train.Mixed{Share: share, Mean: mean(values)})
		if mean(values) > mean(after) {
			after, chosen, report.Mix, report.After = values, a, share, figures
		}
	}
	if chosen == nil {
		report.Reason = reasonNoShare
		return nil, nil
	}
	if l.made() {
		err = report.judgeMade(before, after, report.After.Dense-report.Before.Dense)
	} else {
		err = report.judge(before, after, chanceOfGain)
	}
	if err != nil || report.Reason != "" {
		return nil, err
	}
	return chosen, nil
}

// made reports whether the questions were written by a model. They know little of
// the words that people ask in, so that hybrid search, which has these, leaves the
// adapter out.
func (l *labelAdaptation) made() bool { return l.plan.Source == sourceWritten }

// shares of what was learnt are weighed against each other.
func (l *labelAdaptation) shares() []float64 {
	switch {
	case l.made():
		return adapterShares()
	case len(l.plan.Recipe.Mixes) > 0:
		return l.plan.Recipe.Mixes
	}
	return []float64{0.25, 0.5, 0.75, 1}
}

// measure asks the questions with an adapter, nil for none. The values are the
// means of dense and hybrid nDCG@10 of each.
func (l *labelAdaptation) measure(a *model.Adapter) (values []float64, f Figures) {
	near := make([][]float32, len(l.queries))
	for i, q := range l.queries {
		near[i] = slices.Clone(q)
		if a != nil {
			a.Apply(near[i])
		}
	}
	fused := near
	if a != nil && a.Words {
		fused = l.queries
	}
	return l.plan.means(l.plan.ask(near, fused, l.pool))
}
