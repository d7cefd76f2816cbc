package bertsearch

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bertsearch/bertsearch/embed"
	"github.com/bertsearch/bertsearch/model"
	"github.com/bertsearch/bertsearch/train"
)

// asker writes questions by rules, and counts the texts it was given.
type asker struct {
	of    func(text string) []string
	texts int
}

func (a *asker) WriteTexts(ctx context.Context, texts []string, o model.GenerateOptions) ([][]string, error) {
	a.texts += len(texts)
	written := make([][]string, len(texts))
	for i, text := range texts {
		if a.of != nil {
			written[i] = a.of(text)
		}
		if len(written[i]) > o.Beams {
			return nil, fmt.Errorf("%d texts are wanted", o.Beams)
		}
	}
	return written, ctx.Err()
}

// askWell asks for a document in its own words: "report 7: a raven was seen near
// the castle".
func askWell(text string) []string {
	var n int
	_, rest, _ := strings.Cut(text, ": ")
	if _, err := fmt.Sscanf(text, "report %d", &n); err != nil {
		return nil
	}
	return []string{fmt.Sprintf("which report %d says that %s", n, rest), "where was it seen"}
}

func TestQuestions(t *testing.T) {
	db := openTest(t, nil)
	docs, _ := coded(70)
	mustPut(t, db, docs...)
	mustPut(t, db, Document{ID: "none", Text: "nobody asks for this"})
	var pairs []train.Pair
	a := &asker{of: askWell}
	for p, err := range db.Questions(t.Context(), a, 2, model.GenerateOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		pairs = append(pairs, p)
	}
	if len(pairs) != 140 || a.texts != 71 || pairs[139].PositiveID != "d69" || pairs[138].Query != "which report 69 says that a raven was seen near the meadow" {
		t.Fatalf("%d pairs of %d texts, the last %+v", len(pairs), a.texts, pairs[max(0, len(pairs)-2):])
	}
	for p, err := range db.Questions(t.Context(), a, 1, model.GenerateOptions{}) {
		if err != nil || p.PositiveID == "d00" {
			break // the rest is neither asked for nor written
		}
	}
	if a.texts != 71+writtenAtOnce {
		t.Errorf("%d texts", a.texts)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	for p, err := range db.Questions(ctx, a, 1, model.GenerateOptions{}) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("after the end: %+v, %v", p, err)
		}
	}
}

// TestWrittenPairs: a question that several documents were given, and one by
// which search does not find its document, are not learnt from.
func TestWrittenPairs(t *testing.T) {
	db := openTest(t, nil)
	docs, _ := coded(70)
	mustPut(t, db, docs...)
	a := &asker{of: func(text string) []string {
		if strings.HasPrefix(text, "report 7:") {
			return []string{"velvet cobalt tango"}
		}
		return askWell(text)
	}}
	done := 0
	pairs, err := db.writtenPairs(t.Context(), train.Options{Writer: a, Questions: 2, Written: func(n, total int) {
		if total != 70 {
			t.Errorf("%d documents", total)
		}
		done = n
	}})
	if err != nil {
		t.Fatal(err)
	}
	if len(pairs) != 69 || done != 70 || slices.ContainsFunc(pairs, func(p train.Pair) bool { return p.PositiveID == "d07" || strings.HasPrefix(p.Query, "where") }) {
		t.Errorf("%d pairs of %d documents: %+v", len(pairs), done, pairs)
	}
}

// TestTuneOfWrittenQuestions interrupts a run and goes on with it: the questions
// are in the plan, and nobody writes them again.
func TestTuneOfWrittenQuestions(t *testing.T) {
	for _, adapter := range []bool{false, true} {
		db := openBuiltIn(t, filepath.Join(t.TempDir(), "db"), 0)
		docs, _ := coded(40)
		mustPut(t, db, docs...)
		a := &asker{of: askWell}
		o := quick(nil)
		o.Writer, o.DryRun, o.Encoder = a, true, !adapter
		if adapter {
			if _, err := db.planned(t.Context(), db.base.(*embed.BERT), o); err != nil {
				t.Fatal(err)
			}
		} else {
			ctx, stop := context.WithCancel(t.Context())
			o.Progress = func(train.Progress) { stop() }
			if _, err := db.Tune(ctx, o); !errors.Is(err, ErrInterrupted) {
				t.Fatalf("an interrupted run: %v", err)
			}
		}
		report, err := db.Tune(t.Context(), train.Options{Resume: true, DryRun: true})
		if err != nil || report.Source != "written" || report.Swapped || report.Pairs != 30 || report.Questions != 10 || a.texts != 40 {
			t.Errorf("adapter %v: %+v after %d texts, %v", adapter, report, a.texts, err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
