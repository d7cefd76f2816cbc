package bertsearch

import (
	"context"
	"fmt"
	"time"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/bertsearch/bertsearch/embed"
	"github.com/bertsearch/bertsearch/store"
)

// Search returns the documents that answer a query, best first. It is [DB.Find]
// for callers who want the hits alone.
func (db *DB) Search(ctx context.Context, q Query) ([]Hit, error) {
	answer, err := db.Find(ctx, q)
	return answer.Hits, err
}

// Find answers a query. It sees the store as it was when it began.
func (db *DB) Find(ctx context.Context, q Query) (Answer, error) {
	db.queries.Enter()
	defer db.queries.Leave()
	if q.Rerank != nil {
		return db.findReranked(ctx, q)
	}
	start := time.Now()
	if err := q.validate(); err != nil {
		return Answer{}, fmt.Errorf("search: %w", err)
	}
	if err := db.enter(); err != nil {
		return Answer{}, fmt.Errorf("search: %w", err)
	}
	defer db.leave()
	var s search
	err := db.settle(func(now *serving) error {
		s = search{db: db, q: q, serving: now}
		return s.run(ctx)
	})
	if err != nil {
		return Answer{}, fmt.Errorf("search: %w", err)
	}
	return Answer{Hits: s.hits, Total: s.total, Mode: s.q.Mode, Took: time.Since(start)}, nil
}

// search is one query on its way to its answer.
type search struct {
	db      *DB
	q       Query
	serving *serving

	reader *store.Reader
	vector []float32 // the query's embedding, for the dense side
	words  string    // the query's words, for the keyword side
	filter *matches  // nil without a filter
	skip   uint32    // document left out, of Query.Like
	depth  int       // candidates wanted of each side

	ranked []candidate
	total  int
	hits   []Hit
}

// run embeds the query, opens the indexes that it needs, and answers it from
// one snapshot of the store.
func (s *search) run(ctx context.Context) error {
	if s.q.K == 0 {
		s.q.K = DefaultK
	}
	if err := s.prepare(ctx); err != nil {
		return err
	}
	return s.db.store.View(func(r *store.Reader) error {
		s.reader = r
		if err := s.serving.check(r); err != nil {
			return err
		}
		if err := s.narrow(ctx); err != nil {
			return err
		}
		if err := s.rank(ctx); err != nil {
			return err
		}
		return s.hydrate(ctx)
	})
}

// prepare does what must happen outside of a transaction: it reads the
// document of Like, opens the indexes and embeds the text.
func (s *search) prepare(ctx context.Context) error {
	s.words = s.q.Text
	if s.q.Vector != nil {
		s.q.Mode = Dense
		s.vector = s.q.Vector
		if want := s.serving.embedder.Dimension(); len(s.vector) != want {
			return fmt.Errorf("%w: the vector has %d values, the database's have %d", ErrInvalidQuery, len(s.vector), want)
		}
	}
	if s.q.Like != "" {
		if err := s.prepareLike(); err != nil {
			return err
		}
	}
	if s.q.Text != "" && s.q.Mode != Keyword {
		kind := embed.Query
		if s.words != "" && s.q.Mode != Dense {
			kind = embed.HybridQuery
		}
		vectors, err := s.serving.embedder.Embed(ctx, kind, []string{s.q.Text})
		if err != nil {
			return fmt.Errorf("embed the query: %w", err)
		}
		s.vector = vectors[0]
	}
	return s.openIndexes(ctx)
}

// openIndexes makes sure that the indexes of the mode are there. The order is
// that of Close and commit.
func (s *search) openIndexes(ctx context.Context) error {
	if s.vector != nil {
		if _, err := s.db.vectors.get(ctx); err != nil {
			return err
		}
	}
	if s.words != "" && s.q.Mode != Dense {
		if _, err := s.db.words.get(ctx); err != nil {
			return err
		}
	}
	return nil
}

// prepareLike turns the document to be similar to into a vector, the mean of
// its passages', and into words.
func (s *search) prepareLike() error {
	return s.db.store.View(func(r *store.Reader) error {
		d, err := r.Document(s.q.Like)
		if err != nil {
			return err
		}
		s.skip = d.Number
		s.words = embed.PassageText(d.Title, d.Text)
		if s.q.Mode == Keyword {
			return nil
		}
		s.vector, err = meanVector(r, d)
		return err
	})
}

// narrow finds the documents that the filter matches, less the one of Like.
func (s *search) narrow(ctx context.Context) error {
	counts, err := s.reader.Counts()
	if err != nil {
		return err
	}
	s.total = counts.Documents
	if s.q.Filter != nil {
		if s.filter, err = s.db.filters.find(ctx, s.reader, s.q.Filter); err != nil {
			return err
		}
		s.total = int(s.filter.documents.GetCardinality())
	}
	return nil
}

// documents and passages return the filter's bitmaps, nil for all.
func (s *search) documents() *roaring.Bitmap {
	if s.filter == nil {
		return nil
	}
	return s.filter.documents
}

func (s *search) passages() *roaring.Bitmap {
	if s.filter == nil {
		return nil
	}
	return s.filter.passages
}
