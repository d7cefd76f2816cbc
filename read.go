package bertsearch

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/bertsearch/bertsearch/store"
)

// Get returns the document with an id, or [ErrNotFound].
func (db *DB) Get(ctx context.Context, id string) (Document, error) {
	if err := db.enter(); err != nil {
		return Document{}, fmt.Errorf("get: %w", err)
	}
	defer db.leave()
	var d Document
	err := db.store.View(func(r *store.Reader) error {
		stored, err := r.Document(id)
		if err != nil {
			return err
		}
		d, err = newDocument(stored)
		return err
	})
	if err != nil {
		return Document{}, fmt.Errorf("get: %w", err)
	}
	return d, nil
}

// newDocument is the caller's view of a stored document.
func newDocument(d *store.Document) (Document, error) {
	fields, err := decodeFields(d.Fields)
	return Document{ID: d.ID, Title: d.Title, Text: d.Text, Fields: fields}, err
}

// Documents yields every document in the order in which they were first put,
// as of the moment it is called. An error is yielded last.
func (db *DB) Documents(ctx context.Context) iter.Seq2[Document, error] {
	return func(yield func(Document, error) bool) {
		err := db.eachDocument(ctx, func(d *store.Document, _ *store.Reader) error {
			document, err := newDocument(d)
			if err == nil && !yield(document, nil) {
				return errStop
			}
			return err
		})
		if err != nil {
			yield(Document{}, fmt.Errorf("documents: %w", err))
		}
	}
}

// A PassageVector is the embedding of one passage.
type PassageVector struct {
	ID      string    // of the document
	Passage int       // position of the passage in the document, from 0
	Values  []float32 // normalised, as many as the model's dimension
}

// Vectors yields the embedding of every passage in use, as of the moment it is
// called, for programs that compare them by other means. An error is yielded last.
func (db *DB) Vectors(ctx context.Context) iter.Seq2[PassageVector, error] {
	return func(yield func(PassageVector, error) bool) {
		if err := db.eachVector(ctx, yield); err != nil && !errors.Is(err, errStop) {
			yield(PassageVector{}, fmt.Errorf("vectors: %w", err))
		}
	}
}

func (db *DB) eachVector(ctx context.Context, yield func(PassageVector, error) bool) error {
	if err := db.enter(); err != nil {
		return err
	}
	defer db.leave()
	return db.store.View(func(r *store.Reader) error {
		for v, err := range r.Vectors() {
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				return err
			}
			head, err := r.Head(v.Document)
			if err != nil {
				return err
			}
			if !yield(PassageVector{ID: head.ID, Passage: v.Index, Values: slices.Clone(v.Values)}, nil) {
				return errStop
			}
		}
		return nil
	})
}

// errStop ends a walk whose reader has had enough.
var errStop = errors.New("stop")

// eachDocument calls fn for every document of one snapshot.
func (db *DB) eachDocument(ctx context.Context, fn func(*store.Document, *store.Reader) error) error {
	if err := db.enter(); err != nil {
		return err
	}
	defer db.leave()
	err := db.store.View(func(r *store.Reader) error {
		for d, err := range r.Documents(0) {
			if err == nil {
				err = ctx.Err()
			}
			if err == nil {
				err = fn(d, r)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	if errors.Is(err, errStop) {
		return nil
	}
	return err
}
