package bertsearch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/bertsearch/bertsearch/embed"
	"github.com/bertsearch/bertsearch/model"
)

// twisted is the built-in model with a part of each vector turned around, so
// that its vectors are good among themselves and useless beside the base's.
func twisted(t testing.TB, base *embed.BERT, first int) *model.Sentence {
	t.Helper()
	s := *base.Model()
	e := *s.Encoder
	e.Layers = slices.Clone(e.Layers)
	last := &e.Layers[len(e.Layers)-1]
	last.OutputNorm.Gamma, last.OutputNorm.Beta = slices.Clone(last.OutputNorm.Gamma), slices.Clone(last.OutputNorm.Beta)
	for i := first; i < len(last.OutputNorm.Gamma); i += 2 {
		last.OutputNorm.Gamma[i] *= -1
		last.OutputNorm.Beta[i] *= -1
	}
	s.Encoder = &e
	return &s
}

// openBuiltIn opens a database with the built-in model and a few documents.
func openBuiltIn(t *testing.T, dir string, n int) *DB {
	t.Helper()
	db, err := Open(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	if n > 0 {
		mustPut(t, db, manyDocs(n)...)
	}
	return db
}

// mustSwitch installs a model and lets it take over.
func mustSwitch(t *testing.T, db *DB, s *model.Sentence) modelRecord {
	t.Helper()
	m, e, err := db.install(s, nil)
	if err == nil {
		err = db.reembed(t.Context(), m, e, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// scores are the dense scores of the first hits of a query.
func scores(t *testing.T, db *DB) []float64 {
	t.Helper()
	hits, err := db.Search(t.Context(), Query{Text: "topic3 and topic5", K: 3, Mode: Dense})
	if err != nil || len(hits) != 3 {
		t.Fatalf("%d hits: %v", len(hits), err)
	}
	var list []float64
	for _, h := range hits {
		list = append(list, h.Score)
	}
	return list
}

func TestSwitchModels(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "db")
	db := openBuiltIn(t, dir, 40)
	base := db.base.(*embed.BERT)
	want := scores(t, db) // the same for every twist
	first := mustSwitch(t, db, twisted(t, base, 0))
	near := func(when string) {
		t.Helper()
		for i, s := range scores(t, db) {
			if s < want[i]-1e-3 || s > want[i]+1e-3 {
				t.Errorf("%s: scores differ from %v", when, want)
			}
		}
		mustBeSound(t, db)
	}
	near("after a change of models")
	mustPut(t, db, Document{ID: "late", Text: "a document put after the change"})
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}

	db = openBuiltIn(t, dir, 0) // the tuned model is opened by itself
	if got := db.model().Fingerprint(); got != first.Model.Fingerprint {
		t.Fatalf("opened with %s, want %s", got, first.Model.Fingerprint)
	}
	near("after opening again")
	if err := db.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if db.model() != db.base {
		t.Error("a rollback did not go back to the base")
	}
	near("after a rollback")
	if ids := searchIDs(t, db, Query{Text: "put after the change", K: 1, Mode: Dense}); !slices.Equal(ids, []string{"late"}) {
		t.Errorf("a rollback loses documents: %v", ids)
	}
	second := mustSwitch(t, db, twisted(t, base, 1))
	near("after a second model")
	if err := db.UseModel(t.Context(), first.Model.Folder); err != nil {
		t.Fatal(err)
	}
	near("with the first again")
	models, err := db.Models(t.Context())
	if err != nil || len(models) != 3 || !models[1].Active || models[2].ID != second.Model.Folder || models[0].Generation != 0 {
		t.Errorf("models %+v, %v", models, err)
	}
	if err := db.UseModel(t.Context(), "none"); !errors.Is(err, ErrNotFound) {
		t.Errorf("an unknown model: %v", err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// A tuned model that is lost or damaged is an error that names it.
func TestLostModel(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "db")
	db := openBuiltIn(t, dir, 5)
	m := mustSwitch(t, db, twisted(t, db.base.(*embed.BERT), 0))
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	weights := filepath.Join(dir, modelsDir, m.Model.Folder, "model.safetensors")
	if err := flipMiddle(weights); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir, nil); !errors.Is(err, ErrCorrupt) {
		t.Errorf("with a damaged model: %v", err)
	}
	if err := os.Remove(weights); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir, nil); err == nil {
		t.Error("opened without its model")
	}
	other := newWordModel()
	if _, err := OpenWith(dir, other, nil); !errors.Is(err, ErrModelMismatch) {
		t.Errorf("with another base: %v", err)
	}
}

// Searches that go on while models change see one or the other, never a mix:
// the best hit of a document's own text has a cosine of nearly one.
func TestSearchesDuringAChange(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "db")
	db := openBuiltIn(t, dir, 30)
	docs := manyDocs(30)
	s := twisted(t, db.base.(*embed.BERT), 0)
	ctx, stop := context.WithCancel(t.Context())
	var searching sync.WaitGroup
	failures := make(chan error, 2)
	for g := range 2 {
		searching.Go(func() {
			for i := g; ctx.Err() == nil; i++ {
				d := docs[i%len(docs)]
				hits, err := db.Search(context.Background(), Query{Text: embed.PassageText(d.Title, d.Text), K: 1, Mode: Dense})
				if err == nil && (len(hits) != 1 || hits[0].ID != d.ID || hits[0].Score < 0.99) {
					err = fmt.Errorf("search for %s: %+v", d.ID, hits)
				}
				if err != nil {
					failures <- err
					return
				}
			}
		})
	}
	mustSwitch(t, db, s)
	for range 4 {
		if err := db.Rollback(t.Context()); err != nil {
			t.Error(err)
		}
	}
	stop()
	searching.Wait()
	close(failures)
	for err := range failures {
		t.Error(err)
	}
	mustBeSound(t, db)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}
