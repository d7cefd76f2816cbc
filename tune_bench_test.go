package bertsearch

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bertsearch/bertsearch/embed"
	"github.com/bertsearch/bertsearch/train"
)

// longDocs are documents of about words words each, and pairs of their beginnings.
func longDocs(n, words int) (docs []Document, pairs []train.Pair) {
	random := rand.New(rand.NewPCG(1, 2))
	vocabulary := strings.Fields("river market engine window valley doctor winter signal harvest library mountain " +
		"silver theory garden protein bridge colour island treaty number patient carbon village orbit music")
	for i := range n {
		var text strings.Builder
		for range words {
			text.WriteString(vocabulary[random.IntN(len(vocabulary))] + " ")
		}
		id := fmt.Sprint("d", i)
		docs = append(docs, Document{ID: id, Text: text.String()})
		pairs = append(pairs, train.Pair{Query: fmt.Sprintf("%.60s of %d", text.String(), i), PositiveID: id})
	}
	return docs, pairs
}

// BenchmarkSearchBesideTuning measures the median of searches by one who waits
// between them for a moment: of an idle database, while its model trains, and
// while its documents are embedded again.
func BenchmarkSearchBesideTuning(b *testing.B) {
	db, err := Open(filepath.Join(b.TempDir(), "db"), nil)
	if err != nil {
		b.Fatal(err)
	}
	docs, pairs := longDocs(400, 180)
	if err := db.Put(b.Context(), docs...); err != nil {
		b.Fatal(err)
	}
	for _, pause := range []time.Duration{0, 20 * time.Millisecond} {
		idle := median(b, db, pause)
		began := make(chan bool)
		stop := inBackground(b, func(ctx context.Context) error {
			o := train.Options{Pairs: pairs, DryRun: true, Recipe: train.Recipe{Epochs: 100}}
			o.Progress = func(p train.Progress) {
				if p.Step == 1 {
					close(began)
				}
			}
			_, err := db.Tune(ctx, o)
			return err
		})
		<-began
		training := median(b, db, pause)
		stop()
		twin := twisted(b, db.base.(*embed.BERT), 0)
		stop = inBackground(b, func(ctx context.Context) error {
			_, e, err := db.install(twin, nil)
			for err == nil {
				_, err = e.Embed(embed.WithYield(ctx, db.queries.Yield), embed.Passage, texts(docs))
			}
			return err
		})
		time.Sleep(3 * time.Second) // the model is written
		embedding := median(b, db, pause)
		stop()
		name := "/pause=" + pause.String()
		b.ReportMetric(ms(idle), "idle-ms"+name)
		b.ReportMetric(ms(training), "training-ms"+name)
		b.ReportMetric(ms(embedding), "embedding-ms"+name)
	}
	if err := db.Close(); err != nil {
		b.Fatal(err)
	}
}

func ms(d time.Duration) float64 { return d.Seconds() * 1e3 }

func texts(docs []Document) []string {
	var list []string
	for _, d := range docs {
		list = append(list, d.Text)
	}
	return list
}

// inBackground runs work until the function that it returns is called.
func inBackground(b *testing.B, work func(context.Context) error) (stop func()) {
	ctx, cancel := context.WithCancel(b.Context())
	done := make(chan error)
	go func() { done <- work(ctx) }()
	return func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			b.Fatalf("in the background: %v", err)
		}
	}
}

// median is that of the time of a hundred searches with a pause before each.
func median(b *testing.B, db *DB, pause time.Duration) time.Duration {
	var took []time.Duration
	for i := range 200 {
		time.Sleep(pause)
		start := time.Now()
		if _, err := db.Search(b.Context(), Query{Text: fmt.Sprintf("what is the theory of the %d mountain villages", i%7)}); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	b.Logf("pause %v: p50 %v, p95 %v, longest %v", pause, took[100], took[190], took[199])
	return took[100]
}
