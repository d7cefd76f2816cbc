package bertsearch

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/bertsearch/bertsearch/embed"
	"github.com/bertsearch/bertsearch/train"
)

// ciphered are documents, and pairs whose queries name the animal and the place
// by words that no model knows. Any pair can be told from the others.
func ciphered() (docs []Document, pairs []train.Pair) {
	animals := []string{"horse", "falcon", "salmon", "beetle", "otter", "raven", "lizard", "badger"}
	places := []string{"harbour", "castle", "meadow", "library", "tunnel", "glacier"}
	words := []string{"zorbi", "plinth", "quark", "mellow", "drax", "fenno", "jubba", "krill", "north", "amber", "velvet", "seven", "cobalt", "tango"}
	for i, a := range animals {
		for j, p := range places {
			id := fmt.Sprintf("d%d%d", i, j)
			docs = append(docs, Document{ID: id, Text: fmt.Sprintf("a %s was seen near the %s", a, p)})
			pairs = append(pairs, train.Pair{Query: words[i] + " " + words[len(animals)+j], PositiveID: id})
		}
	}
	return docs, pairs
}

// An adapter learnt from pairs finds what it was not taught, embeds nothing
// again, is kept by compact, and goes away by a rollback.
func TestTuneAdapterOfLabels(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "db")
	db := openBuiltIn(t, dir, 0)
	docs, pairs := ciphered()
	mustPut(t, db, docs...)
	generation := db.serving.Load().generation
	ask := func() (ids [][]string) {
		for _, p := range pairs {
			ids = append(ids, searchIDs(t, db, Query{Text: p.Query, K: 5, Mode: Dense}))
		}
		return ids
	}
	right := func(ids [][]string) (n int) {
		for i, p := range pairs {
			if slices.Contains(ids[i], p.PositiveID) {
				n++
			}
		}
		return n
	}
	before := ask()
	o := train.Options{Pairs: pairs, Adapter: true, HeldOut: 0.3}
	report, err := db.Tune(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if !report.Swapped || report.Source != "labels" || report.Pairs+report.Questions != len(pairs) || report.Steps == 0 ||
		report.After.Dense <= report.Before.Dense || report.After.Hybrid < report.Before.Hybrid {
		t.Fatalf("report %+v", report)
	}
	after := ask()
	if was, is := right(before), right(after); is < was+len(pairs)/3 {
		t.Errorf("%d of %d queries find their document, %d did before", is, len(pairs), was)
	}
	if got := db.serving.Load().generation; got != generation {
		t.Errorf("the documents were embedded again, generation %d", got)
	}
	adapter := db.model().(*embed.BERT).Model().Adapter
	if adapter == nil || adapter.Words {
		t.Fatalf("adapter %+v", adapter)
	}
	if _, err := db.Compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db = openBuiltIn(t, dir, 0)
	if got := ask(); !slices.EqualFunc(got, after, slices.Equal[[]string]) {
		t.Error("other hits after compact and opening again")
	}
	if err := db.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := ask(); !slices.EqualFunc(got, before, slices.Equal[[]string]) {
		t.Error("other hits after a rollback than before")
	}
	again, err := db.Tune(t.Context(), o)
	if err != nil || again.Model != report.Model || again.After != report.After {
		t.Errorf("the same pairs and seed gave %+v, %v", again, err)
	}
	mustBeSound(t, db)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// A run that was ended after its plan goes on with it to the same adapter, and
// says so where the plan is damaged.
func TestTuneAdapterResumes(t *testing.T) {
	docs, pairs := ciphered()
	tune := func(meddle func(*tunePlan)) (TuneReport, error) {
		db := openBuiltIn(t, filepath.Join(t.TempDir(), "db"), 0)
		mustPut(t, db, docs...)
		o := train.Options{Pairs: pairs, Adapter: true, HeldOut: 0.3, Negatives: 2}
		if meddle != nil {
			p, err := db.planned(t.Context(), db.base.(*embed.BERT), o)
			if err != nil {
				t.Fatal(err)
			}
			meddle(p)
			text, err := json.Marshal(p)
			if err == nil {
				err = os.WriteFile(filepath.Join(db.tuneDir(), planFile), text, 0o666)
			}
			if err != nil {
				t.Fatal(err)
			}
			o = train.Options{Resume: true}
		}
		report, err := db.Tune(t.Context(), o)
		return report, errors.Join(err, db.Close())
	}
	want, err := tune(nil)
	if err != nil || !want.Swapped {
		t.Fatalf("report %+v, %v", want, err)
	}
	if got, err := tune(func(*tunePlan) {}); err != nil || got.Model != want.Model {
		t.Errorf("resumed: the adapter %s (%v), want %s", got.Model, err, want.Model)
	}
	for name, meddle := range map[string]func(*tunePlan){
		"pool":      func(p *tunePlan) { p.PoolIDs = p.PoolIDs[1:] },
		"words":     func(p *tunePlan) { p.Questions[0].Words = map[int]float64{len(p.Pool): 1} },
		"negatives": func(p *tunePlan) { p.Examples[0].Negatives = []string{"one"}; p.Examples[0].NegativeDocuments = nil },
	} {
		if _, err := tune(meddle); err == nil {
			t.Errorf("%s: a damaged plan is not noticed", name)
		}
	}
}

// Pairs that mean nothing change nothing.
func TestTuneAdapterRefusesNoise(t *testing.T) {
	db := openBuiltIn(t, filepath.Join(t.TempDir(), "db"), 0)
	docs, _ := ciphered()
	mustPut(t, db, docs...)
	random := rand.New(rand.NewPCG(3, 4))
	var pairs []train.Pair
	for i, k := range random.Perm(len(docs)) { // what is asked for is near one document, what answers is another
		pairs = append(pairs, train.Pair{Query: fmt.Sprintf("%s, number %d", docs[i].Text, i), PositiveID: docs[k].ID})
	}
	report, err := db.Tune(t.Context(), train.Options{Pairs: pairs, Adapter: true, HeldOut: 0.3})
	if err != nil {
		t.Fatal(err)
	}
	if report.Swapped || report.Reason == "" || db.model() != db.base {
		t.Errorf("learnt from noise: %+v", report)
	}
	if _, err := db.Tune(t.Context(), train.Options{Pairs: pairs, Adapter: true, Encoder: true}); err == nil {
		t.Error("both an adapter and the encoder")
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// An adapter can be learnt from feedback, and from pairs of texts that are not
// in the database.
func TestTuneAdapterOfFeedbackAndTexts(t *testing.T) {
	db := openBuiltIn(t, filepath.Join(t.TempDir(), "db"), 0)
	docs, pairs := ciphered()
	mustPut(t, db, docs...)
	for _, p := range pairs {
		if err := db.Feedback(t.Context(), p.Query, p.PositiveID, +1); err != nil {
			t.Fatal(err)
		}
	}
	report, err := db.Tune(t.Context(), train.Options{Adapter: true, HeldOut: 0.3, DryRun: true})
	if err != nil || report.Source != "feedback" || report.After.Dense <= report.Before.Dense {
		t.Errorf("from feedback: %+v, %v", report, err)
	}
	for i := range pairs {
		pairs[i].PositiveID, pairs[i].Positive = "", "it is said that "+docs[i].Text
	}
	report, err = db.Tune(t.Context(), train.Options{Pairs: pairs, Adapter: true, HeldOut: 0.3, DryRun: true})
	if err != nil || report.Source != "labels" || report.After.Dense <= report.Before.Dense {
		t.Errorf("from texts: %+v, %v", report, err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// The ranking of a query has its answers alike, what was mined as wrong, and
// leaves other passages of an answering document out.
func TestRankingOfLabels(t *testing.T) {
	l := &labelAdaptation{
		owners: []uint32{1, 2, 3, 1, 4, 0, 0},
		places: map[string]int{"one": 0, "two": 1, "three": 2, "text": 5},
	}
	group := []train.Example{
		{Query: "q", Positive: "one", Negatives: []string{"three", "two"}},
		{Query: "q", Positive: "two", Negatives: []string{"three"}},
		{Query: "q", Positive: "text"},
		{Query: "q", Positive: "one"},
	}
	r := l.ranking([]float32{1}, group, map[uint32][]int{0: {5, 6}, 1: {0, 3}, 2: {1}, 3: {2}, 4: {4}})
	if !slices.Equal(r.Documents, []int{0, 1, 5, 2}) || !slices.Equal(r.Without, []int{3}) {
		t.Errorf("ranking %+v", r)
	}
	if third := float32(1) / 3; !slices.Equal(r.Weights, []float32{third, third, third, 0}) {
		t.Errorf("weights %v", r.Weights)
	}
}
