package bertsearch

import (
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/bertsearch/bertsearch/train"
)

// TestSearchBesideTuning searches all the while a model trains: the hits are
// those of before until it takes over, to the last bit of their scores.
func TestSearchBesideTuning(t *testing.T) {
	db := openBuiltIn(t, filepath.Join(t.TempDir(), "db"), 0)
	docs, pairs := coded(40)
	mustPut(t, db, docs...)
	ask := func() []Hit {
		hits, err := db.Search(t.Context(), Query{Text: "a raven over the glacier", K: 5, Explain: true})
		if err != nil {
			t.Error(err)
		}
		return hits
	}
	want := ask()
	done := make(chan error)
	go func() {
		o := quick(pairs)
		o.DryRun = true
		_, err := db.Tune(t.Context(), o)
		done <- err
	}()
	for searches := 0; ; searches++ {
		select {
		case err := <-done:
			if err != nil || searches == 0 {
				t.Errorf("tuned with %d searches beside: %v", searches, err)
			}
			if err := db.Close(); err != nil {
				t.Error(err)
			}
			return
		default:
		}
		if got := ask(); !reflect.DeepEqual(got, want) {
			t.Fatalf("search %d has other hits: %v, before %v", searches, got, want)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// TestTrainingMakesWay holds a search open: training gets on, but with a
// fraction of the time.
func TestTrainingMakesWay(t *testing.T) {
	db := openBuiltIn(t, filepath.Join(t.TempDir(), "db"), 0)
	docs, pairs := coded(40)
	mustPut(t, db, docs...)
	o := quick(pairs)
	o.DryRun = true
	var steps []time.Time
	o.Progress = func(train.Progress) {
		steps = append(steps, time.Now())
		switch len(steps) {
		case 2:
			db.queries.Enter() // the third step is beside a search
		case 3:
			db.queries.Leave()
		}
	}
	if _, err := db.Tune(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if len(steps) != 3 {
		t.Fatalf("%d steps", len(steps))
	}
	alone, beside := steps[1].Sub(steps[0]), steps[2].Sub(steps[1])
	if least := 100 * time.Millisecond; beside < least {
		t.Errorf("a step beside a search took %v, alone %v: want %v or more", beside, alone, least)
	}
}
