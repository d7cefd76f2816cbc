package bertsearch

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/bertsearch/bertsearch/embed"
	"github.com/bertsearch/bertsearch/index"
	"github.com/bertsearch/bertsearch/store"
	"github.com/bertsearch/bertsearch/train"
)

// UseModel lets searches go by another model of the database: [BaseModel] or
// the folder of a tuned one. Vectors that it still has are used, and what it
// lacks is embedded first, while searches go on with the old model. The vectors
// of the model before stay until another change.
func (db *DB) UseModel(ctx context.Context, id string) error {
	if err := db.enterWriter(); err != nil {
		return fmt.Errorf("use model: %w", err)
	}
	defer db.leave()
	db.tuning.Lock()
	defer db.tuning.Unlock()
	err := db.changeTo(ctx, func(list []modelRecord, _ int) int {
		return slices.IndexFunc(list, func(m modelRecord) bool { return m.id() == id })
	})
	if err != nil {
		return fmt.Errorf("use model %q: %w", id, err)
	}
	return nil
}

// Rollback goes back to the model that was in use before the present one.
func (db *DB) Rollback(ctx context.Context) error {
	if err := db.enterWriter(); err != nil {
		return fmt.Errorf("rollback: %w", err)
	}
	defer db.leave()
	db.tuning.Lock()
	defer db.tuning.Unlock()
	err := db.changeTo(ctx, usedBefore)
	if errors.Is(err, ErrNotFound) {
		return fmt.Errorf("rollback: %w: the database has had one model only", ErrNotFound)
	}
	if err != nil {
		return fmt.Errorf("rollback: %w", err)
	}
	return nil
}

// usedBefore is the place of the model that was in use before the active one,
// −1 if there was none.
func usedBefore(list []modelRecord, active int) int {
	before := -1
	for i, m := range list {
		finished := m.Used > 0 || m.Model.Folder == ""
		used := finished && m.Generation != 0 && i != active && m.Used < list[active].Used
		if used && (before < 0 || m.Used > list[before].Used) {
			before = i
		}
	}
	return before
}

// changeTo switches to the model that pick finds in the list, of which one is active.
func (db *DB) changeTo(ctx context.Context, pick func(list []modelRecord, active int) int) error {
	var list []modelRecord
	active := -1
	var generation uint32
	err := db.store.View(func(r *store.Reader) (err error) {
		list, err = readModels(r)
		active, generation = activeOf(r, list), r.Generation()
		return err
	})
	if err != nil {
		return err
	}
	if active < 0 {
		return fmt.Errorf("%w: setting %q does not have the model in use", ErrCorrupt, metaModels)
	}
	i := pick(list, active)
	if i < 0 {
		return ErrNotFound
	}
	if i == active {
		return nil
	}
	e, err := db.embedderOf(list[i].Model)
	if err != nil {
		return err
	}
	if list[i].Generation == generation {
		return db.switchQueries(list[i], e)
	}
	return db.reembed(ctx, list[i], e, nil)
}

// switchQueries lets a model take over that has the vectors in use, and maps
// queries in another way.
func (db *DB) switchQueries(m modelRecord, e embed.Embedder) error {
	db.writing.Lock()
	defer db.writing.Unlock()
	db.switching.Lock()
	defer db.switching.Unlock()
	if err := db.store.Update(func(w *store.Writer) error { return recordUse(w, m) }); err != nil {
		return err
	}
	db.changed.Store(true)
	db.serving.Store(&serving{e, m.Generation})
	return nil
}

// reembed completes the vectors of a model beside those in use, and lets it
// take over. It makes way for queries. Watch, which may be nil, hears of it.
func (db *DB) reembed(ctx context.Context, m modelRecord, e embed.Embedder, watch func(train.Embedding)) error {
	ctx = embed.WithYield(ctx, db.queries.Yield)
	if m.Generation == 0 {
		err := db.store.Update(func(w *store.Writer) (err error) {
			if m.Generation, err = w.NewGeneration(); err != nil {
				return err
			}
			return putModel(w, m)
		})
		if err != nil {
			return err
		}
	}
	watched, err := db.watchFill(m.Generation, watch)
	if err != nil {
		return err
	}
	if err := db.fill(ctx, m.Generation, e, watched); err != nil {
		return err
	}
	return db.switchTo(ctx, m, e)
}

// putModel adds a model to the store's list, or replaces what it says of it.
func putModel(w *store.Writer, m modelRecord) error {
	list, err := readModels(w.Reader)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(list, func(o modelRecord) bool { return o.Model.is(m.Model) })
	if i < 0 {
		list = append(list, m)
	} else {
		list[i] = m
	}
	return writeMeta(w, metaModels, list)
}

// fillBytes is about how much text is embedded for one transaction.
const fillBytes = 256 << 10

// fill embeds the documents that a generation lacks, in transactions that each
// survive a crash, until there is none. It tells filled the number of each batch.
func (db *DB) fill(ctx context.Context, generation uint32, e embed.Embedder, filled func(int)) error {
	from := uint32(0)
	for {
		batch, next, err := db.unfilled(generation, from)
		if err != nil {
			return err
		}
		if len(batch) == 0 {
			if from == 0 {
				return nil
			}
			from = 0 // those that changed meanwhile
			continue
		}
		if err := db.fillBatch(ctx, generation, e, batch); err != nil {
			return err
		}
		filled(len(batch))
		from = next
	}
}

// watchFill returns what fill is to tell of its batches so that watch hears how
// far it has come.
func (db *DB) watchFill(generation uint32, watch func(train.Embedding)) (func(int), error) {
	if watch == nil {
		return func(int) {}, nil
	}
	var g train.Embedding
	err := db.store.View(func(r *store.Reader) (err error) {
		g.Total, err = r.CountUnfilled(generation)
		return err
	})
	began := time.Now()
	filled := func(n int) {
		g.Done, g.Elapsed = g.Done+n, time.Since(began)
		g.Total = max(g.Total, g.Done) // documents that changed meanwhile
		watch(g)
	}
	if err == nil {
		filled(0)
	}
	return filled, err
}

// unfilled reads the next documents that a generation lacks, and says where to
// go on.
func (db *DB) unfilled(generation, from uint32) (batch []*record, next uint32, err error) {
	err = db.store.View(func(r *store.Reader) error {
		bytes := 0
		for d, err := range r.Unfilled(generation, from) {
			if err != nil {
				return err
			}
			batch = append(batch, &record{Document: *d})
			next = d.Number + 1
			if bytes += len(d.Title) + len(d.Text); bytes >= fillBytes {
				break
			}
		}
		return nil
	})
	return batch, next, err
}

// fillBatch embeds documents and stores their vectors. A document that changed
// or went away in between is left for another round.
func (db *DB) fillBatch(ctx context.Context, generation uint32, e embed.Embedder, batch []*record) error {
	if err := embedAll(ctx, e, batch); err != nil {
		return err
	}
	return db.store.Update(func(w *store.Writer) error {
		for _, r := range batch {
			head, err := w.Head(r.Number)
			if errors.Is(err, store.ErrNotFound) || err == nil && head.TextHash != r.TextHash {
				continue
			}
			if err == nil {
				err = w.Fill(generation, r.Number, r.Passages, r.vectors)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// embedAll cuts documents into passages and embeds them all.
func embedAll(ctx context.Context, e embed.Embedder, batch []*record) error {
	var texts []string
	for _, r := range batch {
		texts = append(texts, r.cut(e)...)
	}
	vectors, err := e.Embed(ctx, embed.Passage, texts)
	if err != nil {
		return fmt.Errorf("embed: %w", err)
	}
	for _, r := range batch {
		n := len(r.Passages)
		r.vectors, vectors = vectors[:n:n], vectors[n:]
	}
	return nil
}

// switchTo lets a model whose vectors are complete take over. Writers wait
// while the last documents are embedded and the vector index is built; searches
// go on, with the old model to the end.
func (db *DB) switchTo(ctx context.Context, m modelRecord, e embed.Embedder) error {
	db.writing.Lock()
	defer db.writing.Unlock()
	if err := db.fill(ctx, m.Generation, e, func(int) {}); err != nil {
		return err
	}
	next, err := db.buildVectors(ctx, m.Generation)
	if err != nil {
		return err
	}
	db.switching.Lock()
	defer db.switching.Unlock()
	var change store.Change
	err = db.store.Update(func(w *store.Writer) (err error) {
		if change, err = w.Activate(m.Generation); err != nil {
			return err
		}
		return recordUse(w, m)
	})
	if err != nil {
		if next != nil {
			err = errors.Join(err, next.Close())
		}
		return err
	}
	db.changed.Store(true)
	db.serving.Store(&serving{e, m.Generation})
	db.vectors.adopt(func(v *vectorIndex) {
		v.replace(next, change.Sequence, m.Generation)
		v.rebuilt = true
	}, next != nil)
	if err := db.words.keepUp(context.WithoutCancel(ctx)); err != nil {
		db.options.Logger.Error("an index fell behind", "error", err)
	}
	return nil
}

// buildVectors makes the index of a generation that is not in use yet, if the
// one in use is open; else it is made when it is first asked for.
func (db *DB) buildVectors(ctx context.Context, generation uint32) (next index.Vector, err error) {
	if !db.vectors.ready.Load() {
		return nil, nil
	}
	err = db.store.View(func(r *store.Reader) (err error) {
		next, err = db.vectors.index.build(ctx, r, generation, db.queries.Yield)
		return err
	})
	return next, err
}

// recordUse writes down that a model is in use from now on, and drops the
// vectors of all but it and the one before.
func recordUse(w *store.Writer, m modelRecord) error {
	if err := putModel(w, m); err != nil {
		return err
	}
	list, err := readModels(w.Reader)
	if err != nil {
		return err
	}
	newest, last := 0, -1
	for i, o := range list {
		if !o.Model.is(m.Model) && o.Generation != 0 && o.Used >= newest {
			newest, last = o.Used, i
		}
	}
	kept := []uint32{0, m.Generation}
	if last >= 0 {
		kept = append(kept, list[last].Generation)
	}
	for i := range list {
		o := &list[i]
		if o.Model.is(m.Model) {
			o.Used, o.Generation = newest+1, m.Generation
		}
		if slices.Contains(kept, o.Generation) {
			continue
		}
		dropped := o.Generation
		if err := w.DropGeneration(dropped); err != nil {
			return err
		}
		for k := range list { // those that share it
			if list[k].Generation == dropped {
				list[k].Generation = 0
			}
		}
	}
	return errors.Join(writeMeta(w, metaModel, m.Model), writeMeta(w, metaModels, list))
}

// newModelRecord describes a tuned model that has no vectors yet.
func newModelRecord(m Model) modelRecord {
	return modelRecord{Model: m, Created: time.Now().UTC().Truncate(time.Second)}
}
