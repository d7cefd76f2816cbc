package bertsearch

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bertsearch/bertsearch/embed"
)

// openIn opens the database dir with the built-in model in precision p.
func openIn(t *testing.T, dir string, p embed.Precision) (*DB, error) {
	t.Helper()
	e, err := embed.Default(&embed.Options{Precision: p, Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	return OpenWith(dir, e, nil)
}

// TestDatabaseKeepsItsPrecision makes databases in each precision and opens them
// with the precision left open, and with the other one.
func TestDatabaseKeepsItsPrecision(t *testing.T) {
	ctx := context.Background()
	for made, other := range map[embed.Precision]embed.Precision{embed.F32: embed.Int8, embed.Int8: embed.F32} {
		dir := filepath.Join(t.TempDir(), string(made))
		db, err := openIn(t, dir, made)
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Put(ctx, Document{ID: "keys", Text: "Rotate the signing keys every ninety days."}); err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if db, err = openIn(t, dir, embed.Auto); err != nil {
			t.Fatalf("%s, opened with auto: %v", made, err)
		}
		stats, err := db.Stats(ctx)
		if err != nil || stats.Model.Precision != string(made) || db.Embedder().Fingerprint() != stats.Model.Fingerprint {
			t.Errorf("%s, opened with auto: %+v, %v", made, stats.Model, err)
		}
		mustBeSound(t, db)
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		_, err = openIn(t, dir, other)
		if !errors.Is(err, ErrModelMismatch) || !strings.Contains(err.Error(), "open it in "+string(made)) {
			t.Errorf("%s, opened in %s: %v", made, other, err)
		}
	}
}
