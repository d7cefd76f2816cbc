package bertsearch

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/bertsearch/bertsearch/store"
)

// A FacetValue is a value of a field and in how many documents it stands.
type FacetValue struct {
	Value any `json:"value"` // bool, int64, float64 or string
	Count int `json:"count"`
}

// Facets counts the values of a field over hits, the most frequent first. The
// field is named as in a filter; a document whose field is a list counts once
// for each value in it.
func Facets(hits []Hit, field string) []FacetValue {
	c := facetCounter{}
	for _, h := range hits {
		c.add(h.ID, h.Title, h.Fields, field)
	}
	return c.sorted()
}

// FacetsWhere is [Facets] over all documents that a filter matches; nil is all
// documents.
func (db *DB) FacetsWhere(ctx context.Context, f Filter, field string) ([]FacetValue, error) {
	if err := db.enter(); err != nil {
		return nil, fmt.Errorf("facets: %w", err)
	}
	defer db.leave()
	c := facetCounter{}
	err := db.store.View(func(r *store.Reader) error {
		return eachMatch(ctx, r, f, func(h store.Head) error {
			stored, err := r.Fields(h.Number)
			if err != nil {
				return err
			}
			fields, err := decodeFields(stored)
			c.add(h.ID, h.Title, fields, field)
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("facets: %w", err)
	}
	return c.sorted(), nil
}

// facetCounter counts documents by value.
type facetCounter map[any]int

// add counts the values that a document has in a field.
func (c facetCounter) add(id, title string, fields map[string]any, field string) {
	seen := map[any]bool{}
	take := func(v any) {
		if f, isFloat := v.(float64); isFloat && f == float64(int64(f)) {
			v = int64(f) // 1.0 is 1, as it is to a filter
		}
		seen[v] = true
	}
	switch field {
	case fieldID:
		take(id)
	case fieldTitle:
		if title != "" {
			take(title)
		}
	default:
		fieldValues(fields, field, take)
	}
	for v := range seen {
		c[v]++
	}
}

// fieldValues calls take with each value of a field, found as filters find it:
// under the whole name, or, for each dot, under what is before it and then in
// the map there, or in the maps of a list.
func fieldValues(in any, name string, take func(any)) {
	switch in := in.(type) {
	case map[string]any:
		if v, ok := in[name]; ok {
			scalars(v, take)
		}
		for at := strings.IndexByte(name, '.'); at >= 0; {
			if v, ok := in[name[:at]]; ok {
				fieldValues(v, name[at+1:], take)
			}
			next := strings.IndexByte(name[at+1:], '.')
			if next < 0 {
				return
			}
			at += 1 + next
		}
	case []any:
		for _, element := range in {
			fieldValues(element, name, take)
		}
	}
}

// scalars calls take with v, or with the elements of a list.
func scalars(v any, take func(any)) {
	switch v := v.(type) {
	case []any:
		for _, element := range v {
			scalars(element, take)
		}
	case bool, int64, float64, string:
		take(v)
	}
}

// sorted lists the values, the most frequent first.
func (c facetCounter) sorted() []FacetValue {
	list := make([]FacetValue, 0, len(c))
	for v, n := range c {
		list = append(list, FacetValue{v, n})
	}
	slices.SortFunc(list, func(a, b FacetValue) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(fmt.Sprint(a.Value), fmt.Sprint(b.Value)))
	})
	return list
}
