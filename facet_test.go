package bertsearch

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// TestFacetsAreAFullScan compares counts with the number of documents that a
// filter for each value matches.
func TestFacetsAreAFullScan(t *testing.T) {
	db := openTest(t, nil)
	r := rand.New(rand.NewPCG(5, 5))
	pick := func() any { return []any{"a", "b", 1, 1.0, 2.5, true, nil, []any{"a", "c", "a"}}[r.IntN(8)] }
	var docs []Document
	for i := range 60 {
		docs = append(docs, Document{ID: fmt.Sprint(i), Title: fmt.Sprint("t", i%3), Text: "x", Fields: map[string]any{
			"topic": pick(), "who": map[string]any{"name": pick(), "a.b": pick()}, "who.name": pick(),
			"list": []any{map[string]any{"name": pick()}, map[string]any{"name": pick()}}, "half": map[string]any{"x": i % 2},
		}})
	}
	mustPut(t, db, docs...)
	half, err := ParseFilter("half.x = 1")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []Filter{nil, half} {
		for _, field := range []string{"topic", "who.name", "who.a.b", "list.name", "title", "id", "none"} {
			facets, err := db.FacetsWhere(t.Context(), f, field)
			if err != nil {
				t.Fatal(err)
			}
			if (len(facets) == 0) != (field == "none") {
				t.Errorf("%s has %d values", field, len(facets))
			}
			for i, v := range facets {
				if i > 0 && v.Count > facets[i-1].Count {
					t.Errorf("%s: %v is not in order", field, facets)
				}
				text := fmt.Sprintf("%s = %v", field, v.Value)
				if s, isText := v.Value.(string); isText {
					text = fmt.Sprintf("%s = %q", field, s)
				}
				where, err := ParseFilter(text)
				if err != nil {
					t.Fatal(err)
				}
				if f != nil {
					where, _ = ParseFilter(text + " and half.x = 1")
				}
				hits, err := db.Search(t.Context(), Query{Filter: where, K: 100})
				if err != nil || len(hits) != v.Count {
					t.Errorf("%s: %d documents, the facet says %d (%v)", where, len(hits), v.Count, err)
				}
			}
		}
	}
	hits, err := db.Search(t.Context(), Query{Filter: half, K: 100})
	if err != nil {
		t.Fatal(err)
	}
	all, err := db.FacetsWhere(t.Context(), half, "who.name")
	if got := Facets(hits, "who.name"); err != nil || fmt.Sprint(got) != fmt.Sprint(all) {
		t.Errorf("over hits %v, over documents %v", got, all)
	}
}
