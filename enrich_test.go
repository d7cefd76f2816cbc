package bertsearch

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// firstWord is a head that says which word a text begins with.
type firstWord struct {
	version string
	asked   atomic.Int64
	stop    func() // called after 100 documents
}

func (h *firstWord) Fingerprint() string { return "first-" + h.version }

func (h *firstWord) Fields(_ context.Context, name string, d Document) (map[string]any, error) {
	if h.asked.Add(1) == 100 && h.stop != nil {
		h.stop()
	}
	word, _, _ := strings.Cut(d.Text, " ")
	return map[string]any{name: word, name + ".spans": []any{map[string]any{"start": 0, "end": len(word), "version": h.version}}}, nil
}

// fillTopics puts n documents, a third of which begins with "red".
func fillTopics(t *testing.T, db *DB, n int) []Document {
	t.Helper()
	var docs []Document
	for i := range n {
		docs = append(docs, Document{ID: fmt.Sprint(i), Text: []string{"red", "green", "blue"}[i%3] + " thing", Fields: map[string]any{"n": i}})
	}
	mustPut(t, db, docs...)
	return docs
}

func mustEnrich(t *testing.T, db *DB, h Head, written, kept int) {
	t.Helper()
	r, err := db.Enrich(t.Context(), "color", h, nil)
	if err != nil || r.Written != written || r.Kept != kept {
		t.Fatalf("%+v, %v; want %d written, %d kept", r, err, written, kept)
	}
}

func countWhere(t *testing.T, db *DB, filter string) int {
	t.Helper()
	f, err := ParseFilter(filter)
	if err != nil {
		t.Fatal(err)
	}
	a, err := db.Find(t.Context(), Query{Filter: f, K: 1})
	if err != nil {
		t.Fatal(err)
	}
	return a.Total
}

func TestEnrich(t *testing.T) {
	dir, m := filepath.Join(t.TempDir(), "test.db"), newWordModel()
	db := reopenTest(t, dir, m, nil)
	docs := fillTopics(t, db, 90)
	head := &firstWord{version: "1"}
	mustEnrich(t, db, head, 90, 0)
	mustEnrich(t, db, head, 0, 0) // nothing has changed since
	if n := countWhere(t, db, `color = "red" and n >= 0`); n != 30 {
		t.Errorf("%d documents are red, want 30", n)
	}
	embedded := m.embedded.Load()
	mustPut(t, db, docs...) // as they were: the fields stay
	if n := countWhere(t, db, `color = "red"`); n != 30 {
		t.Errorf("after the same documents again %d are red", n)
	}
	docs[0].Text, docs[1].Fields = "blue thing", map[string]any{"n": -1}
	mustPut(t, db, docs[0], docs[1], Document{ID: "new", Text: "red one"})
	if n := countWhere(t, db, `n = -1 and color = "green" and color.spans.version = "1" and exists _enriched.color`); n != 1 {
		t.Error("a document with the same text has lost its head's fields")
	}
	mustEnrich(t, db, head, 2, 1)
	mustPut(t, db, Document{ID: "2", Text: docs[2].Text, Fields: map[string]any{"color": "mine"}})
	if n := countWhere(t, db, `color = "mine" and not exists color.spans and not exists _enriched`); n != 1 {
		t.Error("a field that is put is not the one in the document")
	}
	mustEnrich(t, db, head, 1, 0)
	if n := countWhere(t, db, `color = "blue"`); n != 31 || countWhere(t, db, `n = -1 and color = "green"`) != 1 {
		t.Errorf("%d documents are blue, want 31", n)
	}
	if m.embedded.Load() != embedded+2 {
		t.Errorf("%d passages embedded, want 2", m.embedded.Load()-embedded)
	}
	mustEnrich(t, db, &firstWord{version: "2"}, 91, 0)
	if n := countWhere(t, db, `color.spans.version = "2"`); n != 91 {
		t.Errorf("%d documents have the new head's fields, want 91", n)
	}
	heads, err := db.Heads()
	if err != nil || len(heads) != 1 || heads[0].Fingerprint != "first-2" || heads[0].Change == 0 {
		t.Errorf("heads %+v, %v", heads, err)
	}
	if n, err := db.RemoveHead(t.Context(), "color"); err != nil || n != 91 || countWhere(t, db, `exists color or exists color.spans or exists _enriched.color`) != 0 {
		t.Errorf("%d documents had fields to remove, %v", n, err)
	}
}

// TestEnrichGoesOn stops a run in the middle, and does the rest, with nothing
// done twice.
func TestEnrichGoesOn(t *testing.T) {
	db := openTest(t, nil)
	fillTopics(t, db, 300)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	head := &firstWord{version: "1", stop: cancel}
	if _, err := db.Enrich(ctx, "color", head, nil); !errors.Is(err, context.Canceled) {
		t.Fatalf("stopped: %v", err)
	}
	done := int(head.asked.Load())
	if done >= 300 || countWhere(t, db, "exists color") != done {
		t.Fatalf("%d asked, %d have fields", done, countWhere(t, db, "exists color"))
	}
	mustEnrich(t, db, head, 300-done, done)
	if head.asked.Load() != 300 {
		t.Errorf("the head read %d documents, want 300", head.asked.Load())
	}
}

// TestEnrichBesideWrites changes documents while they are read.
func TestEnrichBesideWrites(t *testing.T) {
	db := openTest(t, nil)
	docs := fillTopics(t, db, 200)
	stop, stopped := make(chan struct{}), make(chan error)
	go func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				stopped <- nil
				return
			case <-time.After(time.Millisecond):
			}
			d := docs[i%len(docs)]
			d.Text = []string{"pink", "black"}[i/len(docs)%2] + " thing"
			if err := db.Put(context.Background(), d); err != nil {
				stopped <- err
				return
			}
		}
	}()
	if _, err := db.Enrich(t.Context(), "color", &firstWord{version: "1"}, nil); err != nil {
		t.Fatal(err)
	}
	close(stop)
	if err := <-stopped; err != nil {
		t.Fatal(err)
	}
	if _, err := db.Enrich(t.Context(), "color", &firstWord{version: "1"}, nil); err != nil {
		t.Fatal(err)
	}
	for d, err := range db.Documents(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if word, _, _ := strings.Cut(d.Text, " "); d.Fields["color"] != word {
			t.Errorf("%q is said to be %v", d.Text, d.Fields["color"])
		}
	}
}

func TestEnrichRefusesNames(t *testing.T) {
	db := openTest(t, nil)
	for _, name := range []string{"", "id", "_x", "a.b", "a b"} {
		if _, err := db.Enrich(t.Context(), name, &firstWord{}, nil); !errors.Is(err, ErrInvalidQuery) {
			t.Errorf("%q: %v", name, err)
		}
	}
}
