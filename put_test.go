package bertsearch

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

var threeDocs = []Document{
	{ID: "a", Title: "Keys", Text: "Rotate the signing keys every ninety days.", Fields: map[string]any{"lang": "en", "year": 2021}},
	{ID: "b", Title: "Brot", Text: "Das Brot ist frisch gebacken.", Fields: map[string]any{"lang": "de", "year": 2019}},
	{ID: "c", Title: "Bread", Text: "How to bake sourdough bread at home.", Fields: map[string]any{"lang": "en", "year": 2015}},
}

func TestPutGetDelete(t *testing.T) {
	db := openTest(t, nil)
	mustPut(t, db, threeDocs...)
	got, err := db.Get(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	if got.Title != "Keys" || got.Text != threeDocs[0].Text || got.Fields["year"] != int64(2021) {
		t.Errorf("got %+v", got)
	}
	if n, err := db.Delete(t.Context(), "a", "none"); n != 1 || err != nil {
		t.Errorf("deleted %d, %v; want 1", n, err)
	}
	if _, err := db.Get(t.Context(), "a"); !errors.Is(err, ErrNotFound) {
		t.Errorf("after delete: %v, want ErrNotFound", err)
	}
	for _, mode := range []Mode{Hybrid, Dense, Keyword} {
		if ids := searchIDs(t, db, Query{Text: "signing keys", Mode: mode}); slices.Contains(ids, "a") {
			t.Errorf("%v still finds the deleted document: %v", mode, ids)
		}
	}
	if n, err := db.DeleteWhere(t.Context(), Eq("lang", "de")); n != 1 || err != nil {
		t.Errorf("deleted %d where lang = de, %v; want 1", n, err)
	}
}

func TestUnchangedTextIsNotEmbeddedAgain(t *testing.T) {
	m := newWordModel()
	db := reopenTest(t, filepath.Join(t.TempDir(), "db"), m, nil)
	mustPut(t, db, threeDocs...)
	before := m.embedded.Load()
	mustPut(t, db, threeDocs...)
	changed := threeDocs[0]
	changed.Fields = map[string]any{"lang": "fr"}
	mustPut(t, db, changed)
	if now := m.embedded.Load(); now != before {
		t.Errorf("%d passages were embedded again", now-before)
	}
	if ids := searchIDs(t, db, Query{Text: "keys", Filter: Eq("lang", "fr")}); !slices.Equal(ids, []string{"a"}) {
		t.Errorf("new fields: %v", ids)
	}
	changed.Text = "Something else"
	mustPut(t, db, changed)
	if now := m.embedded.Load(); now != before+1 {
		t.Errorf("%d passages embedded for a changed text, want 1", now-before)
	}
}

func TestPutIsAllOrNone(t *testing.T) {
	m := newWordModel()
	db := reopenTest(t, filepath.Join(t.TempDir(), "db"), m, nil)
	bad := []Document{
		{ID: "", Text: "no id"},
		{ID: strings.Repeat("x", MaxIDLength+1)},
		{ID: "n", Fields: map[string]any{"x": math.NaN()}},
	}
	for _, d := range bad {
		if err := db.Put(t.Context(), threeDocs[0], d); !errors.Is(err, ErrInvalidDocument) {
			t.Errorf("put %.20q: %v, want ErrInvalidDocument", d.ID, err)
		}
	}
	m.fail = errors.New("no model today")
	if err := db.Put(t.Context(), threeDocs...); !errors.Is(err, m.fail) {
		t.Errorf("put: %v, want the embedder's error", err)
	}
	m.fail = nil
	if s, err := db.Stats(t.Context()); err != nil || s.Documents != 0 {
		t.Errorf("%d documents were stored, %v", s.Documents, err)
	}
}

func TestOddDocuments(t *testing.T) {
	db := openTest(t, nil)
	docs := []Document{
		{ID: "empty"},
		{ID: "fields only", Fields: map[string]any{"x": true}},
		{ID: "\x00\xff/..", Text: "an id of any bytes"},
		{ID: "bytes", Text: "broken \xff\xfe\xc3 text\x00 here"},
		{ID: "long", Text: strings.Repeat("a", 10<<20)},
		{ID: "white", Title: " \t", Text: "\n\n"},
		{ID: "twice", Text: "first"}, {ID: "twice", Text: "second"},
	}
	mustPut(t, db, docs...)
	for _, d := range docs[:6] {
		got, err := db.Get(t.Context(), d.ID)
		if err != nil || got.Text != d.Text || got.Title != d.Title {
			t.Errorf("%.20q came back as %.40q, %v", d.ID, got.Text, err)
		}
	}
	if got, err := db.Get(t.Context(), "twice"); err != nil || got.Text != "second" {
		t.Errorf("the later of two: %q, %v", got.Text, err)
	}
	if ids := searchIDs(t, db, Query{Filter: Eq("x", true)}); !slices.Equal(ids, []string{"fields only"}) {
		t.Errorf("filter-only query: %v", ids)
	}
}

func TestIndexCountsAndSkips(t *testing.T) {
	db := openTest(t, nil)
	docs := func(yield func(Document, error) bool) {
		for i := range 100 {
			if !yield(Document{ID: fmt.Sprint(i), Text: fmt.Sprintf("document number %d", i)}, nil) {
				return
			}
		}
		_ = yield(Document{}, &Skip{Path: "x.jsonl", Line: 7, Reason: "not JSON"}) &&
			yield(Document{ID: "", Text: "no id"}, nil) &&
			yield(Document{ID: "5", Text: "another text"}, nil)
	}
	acknowledged := 0
	report, err := db.Index(t.Context(), docs, &IndexOptions{Progress: func(p Progress) { acknowledged = p.Acknowledged }})
	if err != nil {
		t.Fatal(err)
	}
	if report.Added != 100 || report.Updated != 1 || len(report.Skipped) != 2 || report.Skipped[0].Line != 7 {
		t.Errorf("report %+v", report)
	}
	if acknowledged != 101 {
		t.Errorf("%d acknowledged, want 101", acknowledged)
	}
	again, err := db.Index(t.Context(), docs, nil)
	if err != nil || again.Unchanged != 99 || again.Updated != 2 {
		t.Errorf("again: %+v, %v", again, err)
	}
}

func TestIndexKeepsWhatIsDone(t *testing.T) {
	db := openTest(t, nil)
	broken := errors.New("the disk was pulled")
	docs := func(yield func(Document, error) bool) {
		if yield(Document{ID: "1", Text: "one"}, nil) {
			yield(Document{}, broken)
		}
	}
	report, err := db.Index(t.Context(), docs, nil)
	if !errors.Is(err, broken) || report.Added != 1 {
		t.Errorf("report %+v, %v; want 1 added and the source's error", report, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	endless := func(yield func(Document, error) bool) {
		for i := 0; yield(Document{ID: fmt.Sprint("e", i), Text: "endless"}, nil); i++ {
			if i == 200 {
				cancel()
			}
		}
	}
	report, err = db.Index(ctx, endless, nil)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if s, err := db.Stats(t.Context()); err != nil || s.Documents != 1+report.Added {
		t.Errorf("%d documents, the report says %d were added, %v", s.Documents, report.Added, err)
	}
}

func TestStoredFieldsAreFilterable(t *testing.T) {
	db := openTest(t, nil)
	when := time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)
	mustPut(t, db, Document{ID: "1", Text: "x", Fields: map[string]any{
		"n": math.MaxInt64, "f": 0.5, "when": when, "tags": []string{"a", "b"}, "nested": map[string]any{"k": nil}}})
	for _, f := range []Filter{Eq("n", math.MaxInt64), Lt("f", 1), Ge("when", when), Eq("tags", "b"), Exists("nested.k"), Eq("id", "1")} {
		if ids := searchIDs(t, db, Query{Text: "x", Filter: f}); len(ids) != 1 {
			t.Errorf("%v does not match", f)
		}
		if ids := searchIDs(t, db, Query{Text: "x", Filter: Not(f)}); len(ids) != 0 {
			t.Errorf("not %v matches", f)
		}
	}
}
