package bertsearch

import (
	"context"
	"fmt"
	"os"

	"github.com/bertsearch/bertsearch/index/keyword"
	"github.com/bertsearch/bertsearch/store"
)

// Stats describes a database.
type Stats struct {
	Documents int        `json:"documents"`
	Passages  int        `json:"passages"`
	Vectors   int        `json:"vectors"`
	Model     Model      `json:"model"`
	Index     IndexStats `json:"index"`
	Bytes     Sizes      `json:"bytes"`
	// Language of the keyword index.
	Language string `json:"language"`
	// Format is the version of the store's format.
	Format int `json:"format"`
}

// IndexStats describes the vector index.
type IndexStats struct {
	// Engine is "hnsw", "flat" or "coder".
	Engine string `json:"engine"`
	// Recall is the share of the 10 nearest neighbours found, measured on the
	// index's own vectors against exact search; 0 if it is not known.
	Recall float64 `json:"recall"`
	// EfSearch is the length of the candidate list of a search; 0 if the engine has none.
	EfSearch int `json:"ef_search"`
	// Bytes in memory.
	Bytes int64 `json:"bytes"`
}

// Sizes are bytes on disk.
type Sizes struct {
	Store   int64 `json:"store"`   // the bbolt file
	Vectors int64 `json:"vectors"` // the vector index's snapshot
	Keyword int64 `json:"keyword"` // the keyword index
	Total   int64 `json:"total"`
}

// Stats counts what the database holds and what it costs.
func (db *DB) Stats(ctx context.Context) (Stats, error) {
	if err := db.enter(); err != nil {
		return Stats{}, fmt.Errorf("stats: %w", err)
	}
	defer db.leave()
	return db.count(ctx)
}

// count is Stats for an operation that has begun.
func (db *DB) count(ctx context.Context) (Stats, error) {
	s := Stats{Model: modelOf(db.model()), Language: db.settings.Language, Format: store.FormatVersion}
	for _, part := range []func(context.Context, *Stats) error{db.countStore, db.countVectors, db.countWords} {
		if err := part(ctx, &s); err != nil {
			return Stats{}, fmt.Errorf("stats: %w", err)
		}
	}
	s.Bytes.Total = s.Bytes.Store + s.Bytes.Vectors + s.Bytes.Keyword
	return s, nil
}

func (db *DB) countStore(_ context.Context, s *Stats) error {
	return db.store.View(func(r *store.Reader) error {
		c, err := r.Counts()
		s.Documents, s.Passages, s.Vectors, s.Bytes.Store = c.Documents, c.Passages, c.Passages, c.FileBytes
		return err
	})
}

func (db *DB) countVectors(ctx context.Context, s *Stats) error {
	vectors, err := db.vectors.get(ctx)
	if err != nil {
		return err
	}
	v := vectors.stats()
	s.Index = IndexStats{Engine: v.Engine, Recall: v.Recall, EfSearch: v.EfSearch, Bytes: v.Bytes}
	info, err := os.Stat(vectors.path)
	switch {
	case err == nil:
		s.Bytes.Vectors = info.Size()
	case !os.IsNotExist(err):
		return err
	}
	return nil
}

func (db *DB) countWords(ctx context.Context, s *Stats) error {
	words, err := db.words.get(ctx)
	if err != nil {
		return err
	}
	return words.with(func(x *keyword.Index) (err error) {
		s.Bytes.Keyword, err = x.Bytes()
		return err
	})
}

// Refresh brings the derived indexes up to date now rather than when they are
// next used. It is for the end of a large import.
func (db *DB) Refresh(ctx context.Context) error {
	if err := db.enter(); err != nil {
		return fmt.Errorf("refresh: %w", err)
	}
	defer db.leave()
	for _, catchUp := range []func(context.Context) error{db.vectors.catchUp, db.words.catchUp} {
		if err := catchUp(ctx); err != nil {
			return fmt.Errorf("refresh: %w", err)
		}
	}
	return nil
}

// Behind reports whether a derived index on disk lacks changes of the store,
// as after a crash. A database that is open for reading only then makes up for
// it in memory or in a temporary folder; opening it once for writing, and
// [DB.Refresh], mends it for good.
func (db *DB) Behind() (bool, error) {
	if err := db.enter(); err != nil {
		return false, err
	}
	defer db.leave()
	behind, err := db.vectors.behind()
	if behind || err != nil {
		return behind, err
	}
	return db.words.behind()
}
