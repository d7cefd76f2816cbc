package bertsearch

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func TestQueriesThatMakeNoSense(t *testing.T) {
	db := openTest(t, nil)
	mustPut(t, db, threeDocs...)
	for _, q := range []Query{
		{},
		{Text: "x", Like: "a"},
		{Text: "x", K: -1},
		{Text: "x", Offset: -1},
		{Text: "x", Weight: 1.5},
		{Text: "x", Mode: 9},
		{Text: "x", Fusion: 9},
		{Vector: []float32{1, 2}},
		{Vector: make([]float32, 64), Mode: Keyword},
		{Text: "x", Filter: Lt("year", true)},
	} {
		if _, err := db.Search(t.Context(), q); !errors.Is(err, ErrInvalidQuery) {
			t.Errorf("%+v: %v, want ErrInvalidQuery", q, err)
		}
	}
	if _, err := db.Search(t.Context(), Query{Like: "nobody"}); !errors.Is(err, ErrNotFound) {
		t.Errorf("like an unknown document: %v, want ErrNotFound", err)
	}
}

func TestEmptyDatabase(t *testing.T) {
	db := openTest(t, nil)
	for _, q := range []Query{{Text: "x"}, {Text: "x", Mode: Dense}, {Text: "x", Mode: Keyword}, {Filter: Exists("y")}, {Text: "x", Filter: Exists("y")}} {
		if hits, err := db.Search(t.Context(), q); err != nil || len(hits) != 0 {
			t.Errorf("%+v: %v, %v", q, hits, err)
		}
	}
}

// When k documents match a filter, k hits come back, all of which match.
func TestFiltersAreExact(t *testing.T) {
	for _, engine := range []string{"hnsw", "flat", "coder"} {
		t.Run(engine, func(t *testing.T) {
			db := openTest(t, &Options{Engine: engine})
			docs := manyDocs(500)
			mustPut(t, db, docs...)
			random := rand.New(rand.NewPCG(1, 2))
			for range 40 {
				from := random.IntN(500)
				count := 1 + random.IntN(500-from)
				f := And(Ge("i", from), Lt("i", from+count))
				q := Query{Text: docs[random.IntN(500)].Text, Filter: f, K: 1 + random.IntN(20), Mode: Mode(random.IntN(2))}
				answer, err := db.Find(t.Context(), q)
				if err != nil {
					t.Fatal(err)
				}
				if len(answer.Hits) != min(q.K, count) || answer.Total != count {
					t.Errorf("%v, k %d, %d match: %d hits of %d", q.Mode, q.K, count, len(answer.Hits), answer.Total)
				}
				for _, h := range answer.Hits {
					if i := h.Fields["i"].(int64); i < int64(from) || i >= int64(from+count) {
						t.Errorf("%s does not match %v", h.ID, f)
					}
				}
			}
		})
	}
}

func TestPaging(t *testing.T) {
	db := openTest(t, nil)
	mustPut(t, db, manyDocs(60)...)
	for _, mode := range []Mode{Hybrid, Dense, Keyword} {
		q := Query{Text: "topic3 and topic5", K: 30, Mode: mode}
		whole := searchIDs(t, db, q)
		var pages []string
		for q.K = 7; q.Offset < 28; q.Offset += 7 {
			pages = append(pages, searchIDs(t, db, q)...)
		}
		if len(whole) < 20 || !slices.Equal(pages, whole[:min(28, len(whole))]) {
			t.Errorf("%v: pages %v, whole %v", mode, pages, whole)
		}
	}
	hits, err := db.Search(t.Context(), Query{Text: "topic3", K: 2, Offset: 4})
	if err != nil || len(hits) != 2 || hits[0].Rank != 5 {
		t.Errorf("ranks go on over pages: %+v, %v", hits, err)
	}
}

func TestMinScore(t *testing.T) {
	db := openTest(t, nil)
	docs := manyDocs(50)
	mustPut(t, db, docs...)
	ids := searchIDs(t, db, Query{Text: docs[7].Title + " " + docs[7].Text, Mode: Dense, MinScore: 0.999})
	if !slices.Equal(ids, []string{docs[7].ID}) {
		t.Errorf("above .999: %v", ids)
	}
}

func TestLike(t *testing.T) {
	db := openTest(t, nil)
	mustPut(t, db,
		Document{ID: "1", Text: "bread flour water salt oven"}, Document{ID: "2", Text: "flour water salt yeast oven"},
		Document{ID: "3", Text: "keys secrets rotation policy"}, Document{ID: "none"})
	for _, mode := range []Mode{Hybrid, Dense, Keyword} {
		ids := searchIDs(t, db, Query{Like: "1", Mode: mode})
		if len(ids) == 0 || ids[0] != "2" || slices.Contains(ids, "1") {
			t.Errorf("%v: like 1: %v", mode, ids)
		}
	}
	hits, err := db.Search(t.Context(), Query{Like: "none"})
	if err != nil || len(hits) != 0 {
		t.Errorf("like a document without text: %v, %v", hits, err)
	}
}

func TestVectorQuery(t *testing.T) {
	m := newWordModel()
	db := openTest(t, nil)
	mustPut(t, db, threeDocs...)
	ids := searchIDs(t, db, Query{Vector: m.vector("Brot Das Brot ist frisch gebacken."), K: 1})
	if !slices.Equal(ids, []string{"b"}) {
		t.Errorf("%v", ids)
	}
}

// The passage of a hit is where the query's words are, and its bytes are the document's.
func TestBestPassage(t *testing.T) {
	db := openTest(t, nil)
	words := make([]string, 100)
	for i := range words {
		words[i] = fmt.Sprintf("w%d", i)
	}
	text := strings.Join(words, " ")
	mustPut(t, db, Document{ID: "long", Text: text}, Document{ID: "short", Text: "something else"})
	for _, mode := range []Mode{Hybrid, Dense, Keyword} {
		hits, err := db.Search(t.Context(), Query{Text: "w65 w66 w67", Mode: mode, K: 1})
		if err != nil || len(hits) != 1 {
			t.Fatalf("%v: %v, %v", mode, hits, err)
		}
		p := hits[0].Passage
		if !strings.Contains(p.Text, "w66") || text[p.Start:p.End] != p.Text || len(p.Text) == len(text) {
			t.Errorf("%v: passage [%d,%d) %q", mode, p.Start, p.End, p.Text)
		}
	}
}

func TestExplain(t *testing.T) {
	db := openTest(t, nil)
	mustPut(t, db, manyDocs(100)...)
	for _, fusion := range []Fusion{Auto, Convex, RRF} {
		hits, err := db.Search(t.Context(), Query{Text: "number42 topic0", Explain: true, Fusion: fusion})
		if err != nil || len(hits) == 0 {
			t.Fatal(hits, err)
		}
		for i, h := range hits {
			if h.Explain.Dense == nil || h.Score < 0 || h.Score > 1 || i > 0 && h.Score > hits[i-1].Score {
				t.Errorf("%v: hit %+v, explained by %+v", fusion, h, h.Explain)
			}
		}
		if k := hits[0].Explain.Keyword; hits[0].ID != "doc-0042" || k == nil || k.Rank != 1 || k.Score <= 0 {
			t.Errorf("%v: first hit %s, keyword side %+v", fusion, hits[0].ID, k)
		}
	}
}

func TestHighlights(t *testing.T) {
	db := openTest(t, nil)
	mustPut(t, db, threeDocs...)
	text := "The keys were rotated."
	spans, err := db.Highlights(t.Context(), "rotate key", text)
	if err != nil || len(spans) != 2 || text[spans[0].Start:spans[0].End] != "keys" || text[spans[1].Start:spans[1].End] != "rotated" {
		t.Errorf("%v, %v", spans, err)
	}
}
