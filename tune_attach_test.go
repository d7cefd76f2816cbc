package bertsearch

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"go.etcd.io/bbolt"

	"github.com/bertsearch/bertsearch/embed"
)

// TestTuneAttached lets a tuned model take over in a host's database and goes
// back, opening it again in between: the host's own bucket stays, and the models
// are beside its file.
func TestTuneAttached(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.bolt")
	host, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	own := []byte("of the host")
	err = host.Update(func(tx *bbolt.Tx) error {
		b, err := tx.CreateBucket(own)
		if err != nil {
			return err
		}
		return b.Put([]byte("key"), own)
	})
	if err != nil {
		t.Fatal(err)
	}
	attach := func() *DB {
		t.Helper()
		db, err := Attach(host, nil)
		if err != nil {
			t.Fatal(err)
		}
		return db
	}
	db := attach()
	mustPut(t, db, manyDocs(30)...)
	before := searchIDs(t, db, Query{Text: "topic3 and topic5", Mode: Dense})
	report := TuneReport{Source: "labels"}
	if err := db.keep(t.Context(), twisted(t, db.base.(*embed.BERT), 0), &report, nil); err != nil {
		t.Fatal(err)
	}
	reopen := func() {
		t.Helper()
		mustBeSound(t, db)
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		db = attach()
	}
	reopen()
	if db.model() == db.base || db.folder() != report.Model {
		t.Errorf("the tuned model %q is not in use", report.Model)
	}
	if _, err := os.Stat(filepath.Join(path+".bertsearch", modelsDir, report.Model, cardFile)); err != nil {
		t.Error(err)
	}
	if got := searchIDs(t, db, Query{Text: "topic3 and topic5", Mode: Dense}); len(got) != len(before) {
		t.Errorf("%d hits with the tuned model, %d before", len(got), len(before))
	}
	if err := db.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	reopen()
	if got := searchIDs(t, db, Query{Text: "topic3 and topic5", Mode: Dense}); !reflect.DeepEqual(got, before) {
		t.Errorf("rolled back: %v, want %v", got, before)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	err = host.View(func(tx *bbolt.Tx) error {
		if got := tx.Bucket(own).Get([]byte("key")); string(got) != string(own) {
			t.Errorf("the host's own value is %q", got)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := host.Close(); err != nil {
		t.Fatal(err)
	}
}
