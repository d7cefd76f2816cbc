package bertsearch

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bertsearch/bertsearch/store"
)

// enrichedField holds, for each head by its name, the mark of what its fields in
// the document were made of.
const enrichedField = "_enriched"

// enrichBatch documents are read and stored together.
const enrichBatch = 64

// EnrichOptions say how [DB.Enrich] works.
type EnrichOptions struct {
	// Folder is remembered with the head.
	Folder string
	// Progress hears how many documents were looked at, of how many.
	Progress func(done, total int)
}

// EnrichReport is what [DB.Enrich] did.
type EnrichReport struct {
	Name    string  `json:"name"`
	Written int     `json:"written"` // documents that have new fields
	Kept    int     `json:"kept"`    // documents that had them already
	Seconds float64 `json:"seconds"`
}

// Enrich writes what a head says of each document into the document's fields,
// where filters, facets and hits have it: of documents that were put since the
// last time, by the change log, and of all when the head is new or has changed.
// It may be stopped at any time and goes on where it stopped. A document that is
// put again loses the fields until the next Enrich, unless its title and text are
// the same.
func (db *DB) Enrich(ctx context.Context, name string, h Head, o *EnrichOptions) (EnrichReport, error) {
	if o == nil {
		o = &EnrichOptions{}
	}
	start := time.Now()
	e := &enrichment{db: db, name: name, head: h, options: *o, info: HeadInfo{Name: name, Folder: o.Folder, Fingerprint: h.Fingerprint()}}
	err := checkHeadName(name)
	if err == nil {
		err = e.run(ctx)
	}
	if err != nil {
		return e.report, fmt.Errorf("enrich: %s: %w", name, err)
	}
	e.report.Name, e.report.Seconds = name, time.Since(start).Seconds()
	return e.report, nil
}

// enrichment is one run of Enrich.
type enrichment struct {
	db      *DB
	name    string
	head    Head
	options EnrichOptions
	info    HeadInfo
	report  EnrichReport
}

// run goes over documents until none is left that changed meanwhile.
func (e *enrichment) run(ctx context.Context) error {
	if err := e.db.enterWriter(); err != nil {
		return err
	}
	defer e.db.leave()
	heads, err := e.db.heads()
	if err != nil {
		return err
	}
	if known := heads[e.name]; known.Fingerprint == e.info.Fingerprint {
		e.info.Change = known.Change
	}
	for first := true; ; first = false {
		numbers, last, err := e.candidates()
		if err != nil {
			return err
		}
		kept, written := e.report.Kept, e.report.Written
		if err := e.pass(ctx, numbers); err != nil {
			return err
		}
		if !first {
			e.report.Kept = kept // this pass came upon what the one before wrote
		}
		e.info.Change = last
		if e.report.Written == written {
			return e.db.update(ctx, e.remember)
		}
	}
}

// candidates lists the documents that may lack the head's fields, and the last
// change that this knows of.
func (e *enrichment) candidates() (numbers []uint32, last uint64, err error) {
	err = e.db.store.View(func(r *store.Reader) (err error) {
		last = r.LastChange()
		if e.info.Change > 0 {
			numbers, err = changedDocuments(r, e.info.Change)
		}
		if e.info.Change == 0 || errors.Is(err, store.ErrNoHistory) {
			numbers, err = everyDocument(r)
		}
		return err
	})
	return numbers, last, err
}

// changedDocuments lists the documents that were put after a change.
func changedDocuments(r *store.Reader, after uint64) ([]uint32, error) {
	var numbers []uint32
	seen := map[uint32]bool{}
	for c, err := range r.Changes(after) {
		if err != nil {
			return nil, err
		}
		if c.Op != store.OpDelete && c.Op != store.OpSwap && !seen[c.Document] {
			seen[c.Document] = true
			numbers = append(numbers, c.Document)
		}
	}
	return numbers, nil
}

// pass looks at documents, batch by batch.
func (e *enrichment) pass(ctx context.Context, numbers []uint32) error {
	total := len(numbers)
	for done := 0; done < total; {
		if err := ctx.Err(); err != nil {
			return err
		}
		batch := numbers[done:min(done+enrichBatch, total)]
		if err := e.batch(ctx, batch); err != nil {
			return err
		}
		if done += len(batch); e.options.Progress != nil {
			e.options.Progress(done, total)
		}
	}
	return nil
}

// remember writes the head into the store's settings.
func (e *enrichment) remember(w *store.Writer) error {
	return changeHeads(w, func(heads map[string]HeadInfo) { heads[e.name] = e.info })
}
