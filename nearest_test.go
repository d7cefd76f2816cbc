package bertsearch

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/bertsearch/bertsearch/index"
	"github.com/bertsearch/bertsearch/index/snapshot"
)

// TestDamageMetBySearch cuts the snapshot short while it is open: the store
// answers, and the index mends itself.
func TestDamageMetBySearch(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "db")
	db := reopenTest(t, dir, newWordModel(), nil)
	docs := manyDocs(1500)
	mustPut(t, db, docs...)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db = reopenTest(t, dir, newWordModel(), nil)
	wantSearchable(t, db, docs)
	if x, err := db.vectors.get(t.Context()); err != nil || x.stats().Mapped == 0 {
		t.Skip("this system does not map files")
	}
	path := filepath.Join(dir, vectorsFile)
	if err := os.Truncate(path, 100); err != nil {
		t.Fatal(err)
	}
	wantSearchable(t, db, docs)
	for wait := time.Millisecond; db.vectors.index.stats().Mapped != 0; wait *= 2 {
		if wait > time.Minute {
			t.Fatal("the index was not rebuilt")
		}
		time.Sleep(wait)
	}
	wantSearchable(t, db, docs)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := snapshot.Verify(path); err != nil {
		t.Error(err)
	}
}

// TestDamagedIndexIsNotSaved closes a database whose index broke and was not
// asked since: the next one to open it rebuilds.
func TestDamagedIndexIsNotSaved(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "db")
	db := reopenTest(t, dir, newWordModel(), nil)
	docs := manyDocs(1500)
	mustPut(t, db, docs...)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db = reopenTest(t, dir, newWordModel(), nil)
	x, err := db.vectors.get(t.Context())
	if err != nil || x.stats().Mapped == 0 {
		t.Skip("this system does not map files")
	}
	path := filepath.Join(dir, vectorsFile)
	if err := os.Truncate(path, 100); err != nil {
		t.Fatal(err)
	}
	if _, err := x.search(make([]float32, db.model().Dimension()), 3, nil, x.made); !errors.Is(err, index.ErrCorrupt) {
		t.Fatalf("error %v", err)
	}
	x.unsaved = len(docs) // as after many deletions
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the damaged snapshot is still there, error %v", err)
	}
	wantSearchable(t, reopenTest(t, dir, newWordModel(), nil), docs)
}
