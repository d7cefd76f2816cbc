package bertsearch

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"go.etcd.io/bbolt"
)

// manyDocs are n documents, the i-th about "topic i" for a handful of topics.
func manyDocs(n int) []Document {
	docs := make([]Document, n)
	for i := range docs {
		docs[i] = Document{
			ID: fmt.Sprintf("doc-%04d", i), Title: fmt.Sprintf("number%d", i),
			Text:   fmt.Sprintf("number%d is about topic%d and topic%d and nothing more", i, i%7, i%11),
			Fields: map[string]any{"i": i, "even": i%2 == 0},
		}
	}
	return docs
}

// wantSearchable fails unless every document is the first hit for its own title.
func wantSearchable(t *testing.T, db *DB, docs []Document) {
	t.Helper()
	for i := 0; i < len(docs); i += 1 + len(docs)/10 {
		for _, mode := range []Mode{Hybrid, Dense, Keyword} {
			ids := searchIDs(t, db, Query{Text: docs[i].Text, K: 3, Mode: mode})
			if len(ids) == 0 || ids[0] != docs[i].ID {
				t.Errorf("%v search for %s: %v", mode, docs[i].ID, ids)
			}
		}
	}
}

func TestReopen(t *testing.T) {
	for _, engine := range []string{"hnsw", "flat"} {
		t.Run(engine, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "db")
			db := reopenTest(t, dir, newWordModel(), &Options{Engine: engine})
			docs := manyDocs(300)
			mustPut(t, db, docs...)
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			db = reopenTest(t, dir, newWordModel(), nil)
			if behind, err := db.Behind(); behind || err != nil {
				t.Errorf("behind after a clean close: %v, %v", behind, err)
			}
			if s, err := db.Stats(t.Context()); err != nil || s.Index.Engine != engine || s.Documents != len(docs) {
				t.Errorf("stats %+v, %v", s, err)
			}
			wantSearchable(t, db, docs)
		})
	}
}

// A derived index may be lost, torn or flipped in any way: the store rebuilds it.
func TestDerivedFilesAreReplaceable(t *testing.T) {
	docs := manyDocs(60)
	damages := map[string]func(path string) error{
		"removed":   os.RemoveAll,
		"emptied":   func(path string) error { return os.Truncate(path, 0) },
		"truncated": func(path string) error { return truncateHalf(path) },
		"flipped":   flipMiddle,
	}
	for name, damage := range damages {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "db")
			db := reopenTest(t, dir, newWordModel(), nil)
			mustPut(t, db, docs...)
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			for _, path := range derivedFiles(t, dir) {
				if err := damage(path); err != nil {
					t.Fatal(err)
				}
			}
			db = reopenTest(t, dir, newWordModel(), nil)
			wantSearchable(t, db, docs)
			if report, err := db.Check(t.Context()); err != nil || !report.OK {
				t.Errorf("check: %+v, %v", report, err)
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			wantSearchable(t, reopenTest(t, dir, newWordModel(), nil), docs)
		})
	}
}

// derivedFiles lists the files beside the store.
func derivedFiles(t *testing.T, dir string) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && d.Name() != storeFile {
			files = append(files, path)
		}
		return err
	})
	if err != nil || len(files) < 2 {
		t.Fatalf("derived files %v, %v", files, err)
	}
	return files
}

func truncateHalf(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	return os.Truncate(path, info.Size()/2)
}

func flipMiddle(path string) error {
	data, err := os.ReadFile(path)
	if err != nil || len(data) == 0 {
		return err
	}
	data[len(data)/2] ^= 16
	return os.WriteFile(path, data, 0o666)
}

// Writes made while the indexes were not open are brought in from the log.
func TestCatchUpFromLog(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "db")
	docs := manyDocs(200)
	db := reopenTest(t, dir, newWordModel(), nil)
	mustPut(t, db, docs[:100]...)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db = reopenTest(t, dir, newWordModel(), nil)
	mustPut(t, db, docs[100:]...)
	if _, err := db.Delete(t.Context(), docs[0].ID, docs[150].ID); err != nil {
		t.Fatal(err)
	}
	crash(t, db)
	db = reopenTest(t, dir, newWordModel(), nil)
	if behind, err := db.Behind(); !behind || err != nil {
		t.Errorf("behind %v, %v; want true", behind, err)
	}
	wantSearchable(t, db, docs[101:150])
	for _, id := range []string{docs[0].ID, docs[150].ID} {
		if _, err := db.Get(t.Context(), id); !errors.Is(err, ErrNotFound) {
			t.Errorf("%s: %v", id, err)
		}
	}
}

// crash lets go of the store's lock without saving the indexes, as a killed
// process would.
func crash(t *testing.T, db *DB) {
	t.Helper()
	db.closed = true
	if err := db.store.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestReadOnly(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "db")
	if _, err := OpenWith(dir, newWordModel(), &Options{ReadOnly: true}); !errors.Is(err, ErrNotFound) {
		t.Errorf("open read-only where nothing is: %v, want ErrNotFound", err)
	}
	docs := manyDocs(50)
	db := reopenTest(t, dir, newWordModel(), nil)
	mustPut(t, db, docs...)
	if _, err := OpenWith(dir, newWordModel(), &Options{LockTimeout: -1}); !errors.Is(err, ErrLocked) {
		t.Errorf("second writer: %v, want ErrLocked", err)
	}
	crash(t, db) // the indexes are not on disk: a reader makes its own

	one := reopenTest(t, dir, newWordModel(), &Options{ReadOnly: true})
	two := reopenTest(t, dir, newWordModel(), &Options{ReadOnly: true})
	wantSearchable(t, one, docs)
	wantSearchable(t, two, docs)
	if err := one.Put(t.Context(), docs[0]); !errors.Is(err, ErrReadOnly) {
		t.Errorf("put: %v, want ErrReadOnly", err)
	}
	if _, err := one.Delete(t.Context(), "x"); !errors.Is(err, ErrReadOnly) {
		t.Errorf("delete: %v, want ErrReadOnly", err)
	}
}

func TestModelMismatch(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "db")
	db := reopenTest(t, dir, newWordModel(), nil)
	mustPut(t, db, threeDocs...)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	other := newWordModel()
	other.fingerprint = "words-2"
	if _, err := OpenWith(dir, other, nil); !errors.Is(err, ErrModelMismatch) {
		t.Errorf("open with another model: %v, want ErrModelMismatch", err)
	}
	wantSearchable(t, reopenTest(t, dir, newWordModel(), nil), threeDocs[:1])
}

func TestAttachLeavesTheHostAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "host.bolt")
	host, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = host.Close() }()
	write := func(tx *bbolt.Tx) error {
		b, err := tx.CreateBucket([]byte("users"))
		if err != nil {
			return err
		}
		for i := range 500 {
			if err := b.Put(fmt.Appendf(nil, "u%d", i), fmt.Appendf(nil, "value %d", i*i)); err != nil {
				return err
			}
		}
		return nil
	}
	if err := host.Update(write); err != nil {
		t.Fatal(err)
	}
	before := dumpBucket(t, host, "users")
	db, err := AttachWith(host, newWordModel(), nil)
	if err != nil {
		t.Fatal(err)
	}
	docs := manyDocs(100)
	mustPut(t, db, docs...)
	wantSearchable(t, db, docs)
	mustBeSound(t, db)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if after := dumpBucket(t, host, "users"); !slices.Equal(before, after) {
		t.Error("the host's bucket changed")
	}
	if names := bucketNames(t, host); !slices.Equal(names, []string{"bertsearch", "users"}) {
		t.Errorf("buckets %v", names)
	}
	again, err := AttachWith(host, newWordModel(), nil)
	if err != nil {
		t.Fatal(err)
	}
	wantSearchable(t, again, docs)
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
}

func dumpBucket(t *testing.T, db *bbolt.DB, name string) []string {
	t.Helper()
	var all []string
	err := db.View(func(tx *bbolt.Tx) error {
		return tx.Bucket([]byte(name)).ForEach(func(k, v []byte) error {
			all = append(all, string(k)+"="+string(v))
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func bucketNames(t *testing.T, db *bbolt.DB) []string {
	t.Helper()
	var names []string
	err := db.View(func(tx *bbolt.Tx) error {
		return tx.ForEach(func(name []byte, _ *bbolt.Bucket) error {
			names = append(names, string(name))
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// Searches go on, and find whole documents, while documents come and go.
func TestConcurrentUse(t *testing.T) {
	db := openTest(t, nil)
	docs := manyDocs(400)
	mustPut(t, db, docs[:100]...)
	var group sync.WaitGroup
	for w := range 4 {
		group.Go(func() {
			for i := w; i < 100; i += 4 {
				if err := db.Put(t.Context(), docs[100+3*i:103+3*i]...); err != nil {
					t.Error(err)
				}
				if _, err := db.Delete(t.Context(), docs[i].ID); err != nil {
					t.Error(err)
				}
			}
		})
		group.Go(func() {
			for i := range 60 {
				mode := Mode(i % 3)
				hits, err := db.Search(t.Context(), Query{Text: docs[(w*60+i)%400].Text, Mode: mode})
				if err != nil || len(hits) == 0 {
					t.Errorf("%v: %d hits, %v", mode, len(hits), err)
				}
			}
		})
	}
	group.Wait()
	wantSearchable(t, db, docs[100:])
}

func TestClosed(t *testing.T) {
	db := openTest(t, nil)
	if err := errors.Join(db.Close(), db.Close()); err != nil {
		t.Fatal(err)
	}
	if err := db.Put(t.Context(), threeDocs...); !errors.Is(err, ErrClosed) {
		t.Errorf("put: %v", err)
	}
	if _, err := db.Search(t.Context(), Query{Text: "x"}); !errors.Is(err, ErrClosed) {
		t.Errorf("search: %v", err)
	}
}

// A folder whose store was deleted is a new database, whatever else is in it.
func TestStoreRemovedBesideIndexes(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "db")
	db := reopenTest(t, dir, newWordModel(), nil)
	mustPut(t, db, manyDocs(30)...)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, storeFile)); err != nil {
		t.Fatal(err)
	}
	db = reopenTest(t, dir, newWordModel(), nil)
	docs := manyDocs(40)[10:]
	mustPut(t, db, docs...)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db = reopenTest(t, dir, newWordModel(), nil)
	wantSearchable(t, db, docs)
}
