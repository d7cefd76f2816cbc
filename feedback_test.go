package bertsearch

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/bertsearch/bertsearch/embed"
	"github.com/bertsearch/bertsearch/store"
	"github.com/bertsearch/bertsearch/train"
)

func judgements(t *testing.T, db *DB) []Judgement {
	t.Helper()
	list, err := db.Judgements(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestFeedback(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "db")
	m := newWordModel()
	db := reopenTest(t, dir, m, nil)
	mustPut(t, db, manyDocs(3)...)
	for _, j := range []Judgement{
		{"first", "doc-0000", 1}, {"first", "doc-0001", 1}, {"  first ", "doc-0001", -1}, {"second", "doc-0001", -1},
	} {
		if err := db.Feedback(t.Context(), j.Query, j.ID, j.Sign); err != nil {
			t.Fatal(err)
		}
	}
	want := []Judgement{{"first", "doc-0000", 1}, {"first", "doc-0001", -1}, {"second", "doc-0001", -1}}
	if got := judgements(t, db); !slices.Equal(got, want) {
		t.Errorf("judgements %v, want %v", got, want)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db = reopenTest(t, dir, m, nil)
	if _, err := db.Compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := judgements(t, db); !slices.Equal(got, want) {
		t.Errorf("opened again and compacted: %v, want %v", got, want)
	}
	if err := db.ClearFeedback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := judgements(t, db); len(got) != 0 {
		t.Errorf("cleared: %v", got)
	}
}

func TestFeedbackRefuses(t *testing.T) {
	db := openTest(t, nil)
	mustPut(t, db, manyDocs(1)...)
	if err := db.Feedback(t.Context(), " ", "doc-0000", 1); !errors.Is(err, ErrInvalidQuery) {
		t.Errorf("an empty query: %v", err)
	}
	if err := db.Feedback(t.Context(), "q", "nobody", 1); !errors.Is(err, ErrNotFound) {
		t.Errorf("an unknown document: %v", err)
	}
	if err := db.Feedback(t.Context(), "q", "doc-0000", 0); err == nil {
		t.Error("a sign of 0 was taken")
	}
	if got := judgements(t, db); len(got) != 0 {
		t.Errorf("remembered %v", got)
	}
	err := db.store.Update(func(w *store.Writer) error { return writeMeta(w, metaFeedback, feedbackHead{2, 1}) })
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Feedback(t.Context(), "q", "doc-0000", 1); !errors.Is(err, ErrNewerFormat) {
		t.Errorf("feedback of a later version: %v", err)
	}
}

// TestFeedbackIsBounded goes over the end of the slots without filling them.
func TestFeedbackIsBounded(t *testing.T) {
	db := openTest(t, nil)
	mustPut(t, db, manyDocs(1)...)
	err := db.store.Update(func(w *store.Writer) error {
		for slot := range uint64(mostFeedback) {
			if err := writeMeta(w, feedbackKey(slot), Judgement{fmt.Sprint("query ", slot), "doc-0000", 1}); err != nil {
				return err
			}
		}
		return writeMeta(w, metaFeedback, feedbackHead{feedbackVersion, mostFeedback})
	})
	if err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("é", longestFeedback)
	if err := db.Feedback(t.Context(), "x"+long, "doc-0000", -1); err != nil {
		t.Fatal(err)
	}
	got := judgements(t, db)
	if len(got) != mostFeedback || got[0].Query != "query 1" {
		t.Errorf("%d judgements, the first %v", len(got), got[0])
	}
	last := got[len(got)-1]
	if last.Sign != -1 || len(last.Query) > longestFeedback || len(last.Query) < longestFeedback-1 || !utf8.ValidString(last.Query) {
		t.Errorf("the last is of %d bytes, sign %d", len(last.Query), last.Sign)
	}
}

// TestTuneLearnsFromFeedback checks what a plan is made of: the pairs that are
// given, else the feedback if there is enough, else the documents.
func TestTuneLearnsFromFeedback(t *testing.T) {
	db := openBuiltIn(t, filepath.Join(t.TempDir(), "db"), 0)
	docs, pairs := coded(40)
	mustPut(t, db, docs...)
	say := func(p train.Pair, id string, sign int) {
		t.Helper()
		if err := db.Feedback(t.Context(), p.Query, id, sign); err != nil {
			t.Fatal(err)
		}
	}
	for i, p := range pairs[:fewestQueries-1] {
		say(p, p.PositiveID, 1)
		say(p, docs[(i+1)%len(docs)].ID, -1)
	}
	if got, err := db.feedbackPairs(t.Context()); err != nil || got != nil {
		t.Fatalf("pairs of too few judgements: %v, %v", got, err)
	}
	for _, p := range pairs[fewestQueries-1:] {
		say(p, p.PositiveID, 1)
	}
	say(train.Pair{Query: "nothing answers this"}, docs[0].ID, -1)
	o := quick(nil)
	o.DryRun = true
	r, err := db.Tune(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if r.Source != "feedback" || r.Pairs != 30 || r.Questions != 10 {
		t.Errorf("%d pairs and %d questions of %s, want 30 and 10 of the feedback", r.Pairs, r.Questions, r.Source)
	}
	got, err := db.feedbackPairs(t.Context())
	if err != nil || len(got) != len(pairs) || got[0] != (train.Pair{Query: pairs[0].Query, PositiveID: "d00", NegativeID: "d01"}) {
		t.Errorf("%d pairs, the first %+v, %v", len(got), got[0], err)
	}
	base := db.base.(*embed.BERT)
	if p, err := db.plan(t.Context(), base, quick(pairs)); err != nil || p.Source != "labels" {
		t.Errorf("a plan with pairs: %v", err)
	}
	o.IgnoreFeedback = true
	if p, err := db.plan(t.Context(), base, o); err == nil && p.Source == "feedback" {
		t.Error("feedback was not ignored")
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}
