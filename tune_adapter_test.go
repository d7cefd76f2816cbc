package bertsearch

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/bertsearch/bertsearch/embed"
	"github.com/bertsearch/bertsearch/model"
	"github.com/bertsearch/bertsearch/train"
)

// Without labels a dry run learns an adapter, says what it is worth and changes
// nothing; the same seed gives the same figures.
func TestTuneAdapter(t *testing.T) {
	db := openBuiltIn(t, filepath.Join(t.TempDir(), "db"), 0)
	docs, _ := coded(48)
	for i := range docs {
		docs[i].Title = fmt.Sprintf("sighting %d", i)
		docs[i].Text += ". It was written down by the keeper of the place, who was asked twice."
	}
	mustPut(t, db, docs...)
	first, err := db.Tune(t.Context(), train.Options{DryRun: true})
	if err != nil {
		t.Fatal(err)
	}
	if first.Swapped || first.Model != "" || first.Reason == "" || first.Source != "corpus" || first.Questions == 0 || first.Steps == 0 {
		t.Errorf("report %+v", first)
	}
	if first.Before.Hybrid != first.After.Hybrid {
		t.Errorf("hybrid search changes: %+v", first)
	}
	second, err := db.Tune(t.Context(), train.Options{DryRun: true})
	if err != nil || second.Before != first.Before || second.After != first.After || second.Mix != first.Mix {
		t.Errorf("again %+v (%v), first %+v", second, err, first)
	}
}

// turned turns queries around: what was nearest is farthest.
func turned(words bool) *model.Adapter {
	const d = 384
	m := make([]float32, d*d)
	for i := range d {
		m[i*d+i] = -1
	}
	return model.NewAdapter(m, d, words)
}

// mustAdapt lets an adapter take over.
func mustAdapt(t *testing.T, db *DB, a *model.Adapter) (folder string) {
	t.Helper()
	var report TuneReport
	if err := db.keepAdapter(db.model().(*embed.BERT), a, &report); err != nil {
		t.Fatal(err)
	}
	return report.Model
}

func found(t *testing.T, db *DB, mode Mode) []string {
	t.Helper()
	return searchIDs(t, db, Query{Text: "topic3 and topic5", K: 5, Mode: mode})
}

// An adapter changes how queries are mapped and no vector of a document, leaves
// hybrid search alone if it was learnt from words, and goes away by a rollback.
func TestAdapterTakesOver(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "db")
	db := openBuiltIn(t, dir, 40)
	dense, hybrid := found(t, db, Dense), found(t, db, Hybrid)
	generation := db.serving.Load().generation
	folder := mustAdapt(t, db, turned(true))
	away := found(t, db, Dense)
	for _, id := range away {
		if slices.Contains(dense, id) {
			t.Errorf("queries are not turned around: %v, before %v", away, dense)
		}
	}
	check := func(when string, wantDense, wantHybrid []string) {
		t.Helper()
		if got := found(t, db, Dense); !slices.Equal(got, wantDense) {
			t.Errorf("%s: dense search finds %v, want %v", when, got, wantDense)
		}
		if got := found(t, db, Hybrid); !slices.Equal(got, wantHybrid) {
			t.Errorf("%s: hybrid search finds %v, want %v", when, got, wantHybrid)
		}
		mustBeSound(t, db)
	}
	check("with the adapter", away, hybrid)
	if got := db.serving.Load().generation; got != generation {
		t.Errorf("the documents were embedded again, generation %d", got)
	}
	if _, err := db.Compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db = openBuiltIn(t, dir, 0)
	check("after opening again", away, hybrid)
	models, err := db.Models(t.Context())
	if err != nil || len(models) != 2 || models[0].Active || !models[1].Active || models[1].ID != folder || models[1].Adapter == "" {
		t.Errorf("models %+v, %v", models, err)
	}
	out := filepath.Join(t.TempDir(), "out")
	if err := db.ExportModel(out); err != nil {
		t.Fatal(err)
	}
	if s, err := model.Load(out); err != nil || s.Adapter.Digest() != turned(true).Digest() {
		t.Errorf("an exported model has another adapter (%v)", err)
	}
	if err := db.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	check("after a rollback", dense, hybrid)
	if err := db.UseModel(t.Context(), folder); err != nil {
		t.Fatal(err)
	}
	check("with it again", away, hybrid)
	second := mustAdapt(t, db, turned(false))
	if got := found(t, db, Hybrid); slices.Equal(got, hybrid) {
		t.Errorf("an adapter that was not learnt from words leaves hybrid search alone: %v", got)
	}
	if err := db.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	check("with the first again", away, hybrid)
	if second == folder {
		t.Errorf("both adapters are in %s", folder)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(dir, "models", folder, "2_Router")); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir, nil); err == nil {
		t.Error("a lost adapter is not noticed")
	}
}

// A tuned encoder can have an adapter too, and one that follows has the vectors
// of its own.
func TestAdapterOfATunedModel(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "db")
	db := openBuiltIn(t, dir, 30)
	base := db.base.(*embed.BERT)
	mustAdapt(t, db, turned(true))
	mustSwitch(t, db, twisted(t, base, 0))
	want := found(t, db, Dense)
	if db.model().(*embed.BERT).Model().Adapter != nil {
		t.Error("a tuned encoder has the adapter of the one before")
	}
	folder := mustAdapt(t, db, turned(true))
	away := found(t, db, Dense)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db = openBuiltIn(t, dir, 0)
	if got := found(t, db, Dense); !slices.Equal(got, away) || slices.Equal(got, want) || db.folder() != folder {
		t.Errorf("opened with %s, which finds %v, want %s, %v", db.folder(), got, folder, away)
	}
	mustBeSound(t, db)
	if err := db.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := found(t, db, Dense); !slices.Equal(got, want) {
		t.Errorf("a rollback finds %v, want %v", got, want)
	}
	if err := db.UseModel(t.Context(), BaseModel); err != nil {
		t.Fatal(err)
	}
	mustBeSound(t, db)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}
