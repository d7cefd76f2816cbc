package bertsearch

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/bertsearch/bertsearch/train"
)

// Without labels a dry run learns a projection, says what it is worth and
// changes nothing; the same seed gives the same figures.
func TestTuneProjection(t *testing.T) {
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
	second, err := db.Tune(t.Context(), train.Options{DryRun: true})
	if err != nil || second.Before != first.Before || second.After != first.After || second.Mix != first.Mix {
		t.Errorf("again %+v (%v), first %+v", second, err, first)
	}
}
