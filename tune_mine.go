package bertsearch

import (
	"context"
	"errors"
	"slices"

	"github.com/bertsearch/bertsearch/embed"
	"github.com/bertsearch/bertsearch/index/keyword"
	"github.com/bertsearch/bertsearch/store"
	"github.com/bertsearch/bertsearch/train"
)

// mineDepth is how many documents are looked through for negatives.
const mineDepth = 30

// miner turns pairs into examples and questions with the database's own search.
type miner struct {
	db        *DB
	serving   *serving
	plan      *tunePlan
	negatives int
	places    map[string]int // in the pool, by text
	documents []uint32       // number of the document of each passage of the pool, 0 if it has none
}

// examples adds the pairs of one query to the plan. Pairs whose document is
// gone are passed over.
func (m *miner) examples(ctx context.Context, group []train.Pair) error {
	var mined []Hit
	if m.negatives > 0 {
		var err error
		if mined, err = m.search(ctx, group[0].Query, mineDepth); err != nil {
			return err
		}
	}
	for _, p := range group {
		positive, score, err := m.passage(ctx, p.Query, p.Positive, p.PositiveID)
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		e := train.Example{Query: p.Query, Positive: positive, Document: p.PositiveID}
		if p.Negative != "" || p.NegativeID != "" {
			negative, _, err := m.passage(ctx, p.Query, p.Negative, p.NegativeID)
			if err == nil {
				e.Negatives, e.NegativeDocuments = []string{negative}, []string{p.NegativeID}
			} else if !errors.Is(err, ErrNotFound) {
				return err
			}
		}
		for _, h := range mined {
			answers := slices.ContainsFunc(group, func(o train.Pair) bool { return o.PositiveID == h.ID || o.Positive == h.Passage.Text })
			near := h.Explain.Dense == nil || h.Explain.Dense.Score > positiveShare*score
			if len(e.Negatives) < m.negatives && !answers && !near {
				e.Negatives = append(e.Negatives, embed.PassageText(h.Title, h.Passage.Text))
				e.NegativeDocuments = append(e.NegativeDocuments, h.ID)
			}
		}
		m.plan.Examples = append(m.plan.Examples, e)
	}
	return nil
}

// search is a hybrid search with the scores of both sides.
func (m *miner) search(ctx context.Context, query string, k int) ([]Hit, error) {
	return m.db.Search(ctx, Query{Text: query, K: k, Explain: true})
}

// passage returns a text as it is, or the passage of a document that is nearest
// to the query, with its cosine; a text has the cosine 1.
func (m *miner) passage(ctx context.Context, query, text, id string) (string, float64, error) {
	if id == "" {
		return text, 1, nil
	}
	vectors, err := m.serving.embedder.Embed(ctx, embed.Query, []string{query})
	if err != nil {
		return "", 0, err
	}
	var score float64
	err = m.db.store.View(func(r *store.Reader) error {
		d, err := r.Document(id)
		if err != nil {
			return err
		}
		s := search{db: m.db, serving: m.serving, reader: r, vector: vectors[0]}
		best, place, ok, err := s.denseScore(d.Number)
		if err != nil {
			return err
		}
		if !ok {
			return ErrNotFound // it has no text
		}
		p := d.Passages[place]
		text, score = embed.PassageText(d.Title, d.Text[p.Start:p.End]), best
		return nil
	})
	return text, score, err
}

// ask makes questions of the pairs held out, and the pool of passages: first
// the answers, then what search finds for each, the best of all first.
func (m *miner) ask(ctx context.Context, held [][]train.Pair) error {
	var found [][]Hit
	for _, group := range held {
		q := question{Query: group[0].Query, Words: map[int]float64{}}
		for _, p := range group {
			text, _, err := m.passage(ctx, p.Query, p.Positive, p.PositiveID)
			if errors.Is(err, ErrNotFound) {
				continue
			}
			if err != nil {
				return err
			}
			place, err := m.add(text, p.PositiveID)
			if err != nil {
				return err
			}
			q.Answers = append(q.Answers, place)
		}
		if len(q.Answers) == 0 {
			continue
		}
		hits, err := m.search(ctx, q.Query, poolDepth)
		if err != nil {
			return err
		}
		m.plan.Questions, found = append(m.plan.Questions, q), append(found, hits)
	}
	if err := m.fillPool(found); err != nil {
		return err
	}
	return m.weighWords(ctx)
}

// fillPool adds hits to the pool, those of the first rank first.
func (m *miner) fillPool(found [][]Hit) error {
	for rank := range poolDepth {
		for _, hits := range found {
			if rank >= len(hits) || len(m.plan.Pool) >= mostPool {
				continue
			}
			h := hits[rank]
			if _, err := m.add(embed.PassageText(h.Title, h.Passage.Text), h.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

// add puts a passage into the pool, once, and returns its place.
func (m *miner) add(text, id string) (int, error) {
	if place, ok := m.places[text]; ok {
		return place, nil
	}
	var number uint32
	if id != "" {
		err := m.db.store.View(func(r *store.Reader) (err error) {
			number, err = r.Lookup(id)
			return err
		})
		if err != nil {
			return 0, err
		}
	}
	place := len(m.plan.Pool)
	m.places[text], m.plan.Pool, m.plan.PoolIDs, m.documents = place, append(m.plan.Pool, text), append(m.plan.PoolIDs, id), append(m.documents, number)
	return place, nil
}

// weighWords scores the pool by words for each question, by the documents that
// its passages are of.
func (m *miner) weighWords(ctx context.Context) error {
	words, err := m.db.words.get(ctx)
	if err != nil {
		return err
	}
	return words.with(func(x *keyword.Index) error {
		for i := range m.plan.Questions {
			q := &m.plan.Questions[i]
			scores, err := x.Scores(ctx, q.Query, m.documents)
			if err != nil {
				return err
			}
			for place, score := range scores {
				if score > 0 && m.documents[place] != 0 {
					q.Words[place] = score
				}
			}
		}
		return nil
	})
}
