package bertsearch

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/bertsearch/bertsearch/embed"
)

// A Skip is the error with which a source reports something it leaves out: a
// bad line, an unreadable file. [DB.Index] counts it and goes on.
type Skip struct {
	// Path of the file, "-" for standard input; may be empty.
	Path string `json:"path"`
	// Line from 1, 0 if the whole file is meant.
	Line int `json:"line,omitempty"`
	// Reason in words.
	Reason string `json:"reason"`
}

// Error returns path:line: reason.
func (s *Skip) Error() string {
	where := s.Path
	if s.Line > 0 {
		where += ":" + strconv.Itoa(s.Line)
	}
	if where == "" {
		return s.Reason
	}
	return where + ": " + s.Reason
}

// Progress is how far [DB.Index] has come.
type Progress struct {
	// Done counts the documents read, skipped ones left out.
	Done int `json:"done"`
	// Acknowledged counts those of them that a crash can no longer take.
	Acknowledged int `json:"acknowledged"`
	// Elapsed since the start.
	Elapsed time.Duration `json:"-"`
}

// IndexOptions change how [DB.Index] works; nil is fine.
type IndexOptions struct {
	// Progress, if set, is called after each batch from the calling goroutine.
	Progress func(Progress)
}

// An IndexReport says what [DB.Index] did.
type IndexReport struct {
	Added, Updated, Unchanged int
	// Skipped lists what the source left out and what could not be stored.
	Skipped []Skip
	// Texts is the number of passages embedded and Tokens their length,
	// 0 if the embedder does not count.
	Texts, Tokens int
	Elapsed       time.Duration
}

// A batch ends when it took batchTime, and in any case at batchBytes of text:
// memory is bounded by that, not by the corpus.
const (
	batchTime      = time.Second
	batchBytes     = 8 << 20
	batchDocuments = 4096
	firstBatch     = 16
)

// Index stores all documents of a sequence, in batches that each survive a
// crash once stored. An error of the sequence that is a [*Skip], and a document
// that cannot be stored, is counted and passed over; any other error, and a
// cancelled ctx, ends the run with the batches before it kept. The report holds
// in either case. Memory is bounded by one batch: about 8 MB of text and its
// vectors, or one document if it is larger.
func (db *DB) Index(ctx context.Context, docs iter.Seq2[Document, error], o *IndexOptions) (IndexReport, error) {
	if err := db.enterWriter(); err != nil {
		return IndexReport{}, fmt.Errorf("index: %w", err)
	}
	defer db.leave()
	run := newIngest(db, o)
	ctx = embed.WithProgress(ctx, run.count)
	if err := run.finish(ctx, run.all(ctx, docs)); err != nil {
		return run.report, fmt.Errorf("index: %w", err)
	}
	return run.report, nil
}

// ingest is one run of Index or Import.
type ingest struct {
	db       *DB
	start    time.Time
	progress func(Progress)
	report   IndexReport
	done     int
	tokens   atomic.Int64

	batch []*record
	ids   map[string]bool // of batch
	bytes int
	size  int // documents in a batch, adapted so that one takes batchTime
}

func newIngest(db *DB, o *IndexOptions) *ingest {
	g := &ingest{db: db, start: time.Now(), size: firstBatch, ids: map[string]bool{}}
	if o != nil {
		g.progress = o.Progress
	}
	return g
}

// finish stores the last batch, unless reading failed because ctx ended, and
// completes the report.
func (g *ingest) finish(ctx context.Context, err error) error {
	if ctx.Err() == nil {
		err = errors.Join(err, g.flush(ctx))
	}
	g.report.Tokens = int(g.tokens.Load())
	g.report.Elapsed = time.Since(g.start)
	return err
}

// all reads the sequence to its end.
func (g *ingest) all(ctx context.Context, docs iter.Seq2[Document, error]) error {
	for d, err := range docs {
		if stop := ctx.Err(); stop != nil {
			return stop
		}
		var skip *Skip
		switch {
		case errors.As(err, &skip):
			g.report.Skipped = append(g.report.Skipped, *skip)
			continue
		case err != nil:
			return err
		}
		if err := g.add(ctx, d); err != nil {
			return err
		}
	}
	return nil
}

// add puts one document into the batch.
func (g *ingest) add(ctx context.Context, d Document) error {
	r, err := newRecord(d)
	if err != nil {
		g.report.Skipped = append(g.report.Skipped, Skip{Path: g.name(d), Reason: err.Error()})
		return nil
	}
	return g.addRecord(ctx, r)
}

// addRecord puts a validated document into the batch.
func (g *ingest) addRecord(ctx context.Context, r *record) error {
	if g.ids[r.ID] {
		if err := g.flush(ctx); err != nil { // so that both count as what they are
			return err
		}
	}
	g.done++
	g.ids[r.ID] = true
	g.batch = append(g.batch, r)
	g.bytes += len(r.Title) + len(r.Text) + len(r.Fields)
	if len(g.batch) < g.size && g.bytes < batchBytes {
		return nil
	}
	return g.flush(ctx)
}

// name tells which document a skip is about.
func (g *ingest) name(d Document) string {
	const most = 200
	if len(d.ID) > most {
		return d.ID[:most] + "…"
	}
	return d.ID
}

// flush stores the batch.
func (g *ingest) flush(ctx context.Context) error {
	if len(g.batch) == 0 {
		return nil
	}
	batch, began := g.batch, time.Now()
	clear(g.ids)
	g.batch, g.bytes = nil, 0
	texts, err := g.db.write(ctx, batch)
	if err != nil {
		return err
	}
	g.report.Texts += texts
	for _, r := range batch {
		g.tally(r.state)
	}
	g.adapt(time.Since(began))
	if g.progress != nil {
		g.progress(Progress{Done: g.done, Acknowledged: g.done, Elapsed: time.Since(g.start)})
	}
	return nil
}

// count hears of embedded texts, from several goroutines.
func (g *ingest) count(_, tokens int) { g.tokens.Add(int64(tokens)) }

func (g *ingest) tally(s recordState) {
	switch s {
	case added:
		g.report.Added++
	case unchanged:
		g.report.Unchanged++
	default:
		g.report.Updated++
	}
}

// adapt sizes the next batch so that it takes about batchTime.
func (g *ingest) adapt(took time.Duration) {
	switch {
	case took < batchTime/2:
		g.size = min(2*g.size, batchDocuments)
	case took > 2*batchTime:
		g.size = max(g.size/2, 1)
	}
}
