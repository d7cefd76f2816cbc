package bertsearch

import (
	"context"
	"errors"

	"github.com/bertsearch/bertsearch/index/keyword"
	"github.com/bertsearch/bertsearch/store"
)

// hydrate turns the ranked candidates of the asked page into hits.
func (s *search) hydrate(ctx context.Context) error {
	for i := s.q.Offset; i < len(s.ranked) && len(s.hits) < s.q.K; i++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		c := s.ranked[i]
		d, err := s.reader.DocumentByNumber(c.document)
		if errors.Is(err, store.ErrNotFound) {
			continue // an index is ahead of this snapshot
		}
		if err != nil {
			return err
		}
		hit, err := s.hit(c, d)
		if err != nil {
			return err
		}
		hit.Rank = s.q.Offset + len(s.hits) + 1
		s.hits = append(s.hits, hit)
	}
	return nil
}

// hit describes one candidate.
func (s *search) hit(c candidate, d *store.Document) (Hit, error) {
	fields, err := decodeFields(d.Fields)
	if err != nil {
		return Hit{}, err
	}
	hit := Hit{ID: d.ID, Title: d.Title, Fields: fields, Score: c.score}
	if c.passage < 0 {
		if c.passage, err = s.wordiest(d); err != nil {
			return Hit{}, err
		}
	}
	if c.passage < len(d.Passages) {
		p := d.Passages[c.passage]
		hit.Passage = Passage{Text: d.Text[p.Start:p.End], Start: p.Start, End: p.End}
	}
	if s.q.Explain {
		hit.Explain = &c.explain
	}
	return hit, nil
}

// wordiest returns the passage with most of the query's words, the first of
// several and 0 if the document has one passage or the query no words.
func (s *search) wordiest(d *store.Document) (int, error) {
	if len(d.Passages) < 2 || s.words == "" || !s.db.words.ready.Load() {
		return 0, nil
	}
	best, most := 0, 0
	err := s.db.words.index.with(func(x *keyword.Index) error {
		spans := x.Highlights(s.words, d.Text)
		for i, p := range d.Passages {
			count := 0
			for _, span := range spans {
				if span.Start >= p.Start && span.End <= p.End {
					count++
				}
			}
			if count > most {
				best, most = i, count
			}
		}
		return nil
	})
	return best, err
}

// Highlights returns the byte ranges of text that match words of the query, as
// the keyword side sees words.
func (db *DB) Highlights(ctx context.Context, query, text string) ([]Span, error) {
	if err := db.enter(); err != nil {
		return nil, err
	}
	defer db.leave()
	words, err := db.words.get(ctx)
	if err != nil {
		return nil, err
	}
	var spans []Span
	err = words.with(func(x *keyword.Index) error {
		for _, s := range x.Highlights(query, text) {
			spans = append(spans, Span(s))
		}
		return nil
	})
	return spans, err
}

// Span is a byte range [Start, End) of a text.
type Span struct{ Start, End int }
