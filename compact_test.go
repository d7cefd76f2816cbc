package bertsearch

import (
	"errors"
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	"github.com/bertsearch/bertsearch/embed"
	"github.com/bertsearch/bertsearch/store"
)

// TestCompact deletes most documents: disk and memory come back, while others
// search, and what is left is found, also after reopening.
func TestCompact(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("an open file cannot be replaced")
	}
	dir := filepath.Join(t.TempDir(), "db")
	db := reopenTest(t, dir, newWordModel(), &Options{LowMemory: true})
	docs := manyDocs(2000)
	mustPut(t, db, docs...)
	wantSearchable(t, db, docs[1900:])
	before := mustStats(t, db)
	var gone []string
	for _, d := range docs[:1900] {
		gone = append(gone, d.ID)
	}
	if _, err := db.Delete(t.Context(), gone...); err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	group.Go(func() { wantSearchable(t, db, docs[1900:]) })
	report, err := db.Compact(t.Context())
	group.Wait()
	if err != nil {
		t.Fatal(err)
	}
	after := mustStats(t, db)
	if report.After.Store > report.Before.Store/4 || report.After.Vectors > before.Bytes.Store/4 || after.Index.Bytes > before.Index.Bytes/3 {
		t.Errorf("%+v; %d bytes in memory after %d", report, after.Index.Bytes, before.Index.Bytes)
	}
	mustPut(t, db, Document{ID: "new", Text: "something after all"})
	wantSearchable(t, db, append(docs[1900:], Document{ID: "new", Text: "something after all"}))
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db = reopenTest(t, dir, newWordModel(), nil)
	wantSearchable(t, db, docs[1900:])
	if checked, err := db.Check(t.Context()); err != nil || !checked.OK || len(checked.Repaired) > 0 {
		t.Errorf("%+v, %v", checked, err)
	}
}

func mustStats(t *testing.T, db *DB) Stats {
	t.Helper()
	s, err := db.Stats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestCompactDropsOldVectors compacts after a change of models: the vectors of
// the one before go, and going back to it embeds again.
func TestCompactDropsOldVectors(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("an open file cannot be replaced")
	}
	dir := filepath.Join(t.TempDir(), "db")
	db := openBuiltIn(t, dir, 20)
	defer func() { _ = db.Close() }()
	mustSwitch(t, db, twisted(t, db.base.(*embed.BERT), 0))
	report, err := db.Compact(t.Context())
	if err != nil || report.Generations != 1 {
		t.Fatalf("%+v, %v", report, err)
	}
	err = db.store.View(func(r *store.Reader) error {
		if left, err := r.Generations(); err != nil || len(left) != 1 {
			t.Errorf("generations %v, %v", left, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Rollback(t.Context()); !errors.Is(err, ErrNotFound) {
		t.Errorf("rollback: error %v", err)
	}
	if err := db.UseModel(t.Context(), BaseModel); err != nil {
		t.Fatal(err)
	}
	wantSearchable(t, db, manyDocs(20))
}

// TestCompactRefused is for a database that is closed or open for reading.
func TestCompactRefused(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "db")
	db := reopenTest(t, dir, newWordModel(), nil)
	mustPut(t, db, manyDocs(3)...)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Compact(t.Context()); !errors.Is(err, ErrClosed) {
		t.Errorf("closed: error %v", err)
	}
	db = reopenTest(t, dir, newWordModel(), &Options{ReadOnly: true})
	if _, err := db.Compact(t.Context()); !errors.Is(err, ErrReadOnly) {
		t.Errorf("for reading: error %v", err)
	}
}
