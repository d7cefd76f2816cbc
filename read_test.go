package bertsearch

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/bertsearch/bertsearch/embed"
)

func TestVectors(t *testing.T) {
	db := openTest(t, nil)
	long := Document{ID: "long", Text: strings.Repeat("The tide rises twice a day at this coast. ", 60)}
	mustPut(t, db, append(slices.Clone(threeDocs), long)...)
	if _, err := db.Delete(t.Context(), "b"); err != nil {
		t.Fatal(err)
	}
	stats, err := db.Stats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got := map[string][]PassageVector{}
	count := 0
	for v, err := range db.Vectors(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		got[v.ID] = append(got[v.ID], v)
		count++
	}
	if count != stats.Vectors || len(got) != 3 || len(got["a"]) != 1 || len(got["long"]) < 2 {
		t.Fatalf("%d vectors of %d documents, want %d of 3", count, len(got), stats.Vectors)
	}
	for i, v := range got["long"] {
		if v.Passage != i {
			t.Errorf("passage %d is numbered %d", i, v.Passage)
		}
	}
	want, err := db.Embedder().Embed(t.Context(), embed.Passage, []string{embed.PassageText(threeDocs[0].Title, threeDocs[0].Text)})
	if err != nil || !slices.Equal(got["a"][0].Values, want[0]) {
		t.Errorf("the vector of a is not that of its text (%v)", err)
	}
}

func TestVectorsStops(t *testing.T) {
	db := openTest(t, nil)
	mustPut(t, db, threeDocs...)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	seen := 0
	var last error
	for _, err := range db.Vectors(ctx) {
		seen++
		last = err
		cancel()
	}
	if seen != 2 || !errors.Is(last, context.Canceled) {
		t.Errorf("after it was cancelled: %d yielded, %v", seen, last)
	}
	for _, err := range db.Vectors(t.Context()) {
		if err != nil {
			t.Error(err)
		}
		break
	}
	if err := db.Close(); err != nil {
		t.Errorf("a reader that stopped holds the database: %v", err)
	}
}
