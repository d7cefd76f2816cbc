package bertsearch

import (
	"context"
	"fmt"
	"sync"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/bertsearch/bertsearch/store"
)

// eachMatch calls fn for every document that f matches, in number order.
func eachMatch(ctx context.Context, r *store.Reader, f Filter, fn func(store.Head) error) error {
	if err := checkFilter(f); err != nil {
		return err
	}
	for head, err := range r.Heads(0) {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
		fields, err := r.Fields(head.Number)
		if err != nil {
			return err
		}
		ok, err := matchFilter(f, []byte(head.ID), []byte(head.Title), fields)
		if err != nil {
			return fmt.Errorf("document %q: %w", head.ID, err)
		}
		if ok {
			if err := fn(head); err != nil {
				return err
			}
		}
	}
	return nil
}

// matches are the documents and passages that a filter lets through.
type matches struct {
	documents, passages *roaring.Bitmap
}

// filterCache keeps the matches of the filters last used, as a page of results
// is rarely the only one.
type filterCache struct {
	mu      sync.Mutex
	change  uint64 // the store's last change when entries were made
	entries map[string]*matches
}

// cachedFilters bounds the cache; when it is full it starts afresh.
const cachedFilters = 64

// find returns the matches of f in the snapshot r.
func (c *filterCache) find(ctx context.Context, r *store.Reader, f Filter) (*matches, error) {
	key := f.String()
	c.mu.Lock()
	if c.entries == nil || c.change != r.LastChange() || len(c.entries) >= cachedFilters {
		c.change, c.entries = r.LastChange(), map[string]*matches{}
	}
	m := c.entries[key]
	c.mu.Unlock()
	if m != nil {
		return m, nil
	}
	m, err := scanMatches(ctx, r, f)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	if c.change == r.LastChange() {
		c.entries[key] = m
	}
	c.mu.Unlock()
	return m, nil
}

// scanMatches asks f about every document.
func scanMatches(ctx context.Context, r *store.Reader, f Filter) (*matches, error) {
	m := &matches{documents: roaring.New(), passages: roaring.New()}
	err := eachMatch(ctx, r, f, func(h store.Head) error {
		m.documents.Add(h.Number)
		passages, err := r.Passages(h.Number)
		for _, p := range passages {
			m.passages.Add(p.Number)
		}
		return err
	})
	return m, err
}
