package bertsearch

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/bertsearch/bertsearch/embed"
	"github.com/bertsearch/bertsearch/store"
)

// Put stores documents, each in place of the one with the same id if there is
// one. All of them are stored or, on an error, none; when Put returns without
// error they survive a crash and searches find them. A document whose content
// has not changed is left alone, and one whose title and text have not changed
// keeps its vectors. Of two documents with the same id the later one counts.
//
// Put embeds all documents before it stores the first: for more than a few
// hundred use [DB.Index], which works in batches.
func (db *DB) Put(ctx context.Context, docs ...Document) error {
	if err := db.enterWriter(); err != nil {
		return fmt.Errorf("put: %w", err)
	}
	defer db.leave()
	records, err := newRecords(docs)
	if err != nil {
		return fmt.Errorf("put: %w", err)
	}
	if _, err := db.write(ctx, records); err != nil {
		return fmt.Errorf("put: %w", err)
	}
	return nil
}

// Delete removes documents by id and returns how many there were. Ids that no
// document has are no error.
func (db *DB) Delete(ctx context.Context, ids ...string) (int, error) {
	if err := db.enterWriter(); err != nil {
		return 0, fmt.Errorf("delete: %w", err)
	}
	defer db.leave()
	deleted := 0
	err := db.update(ctx, func(w *store.Writer) error {
		for _, id := range ids {
			_, err := w.Delete(id)
			switch {
			case err == nil:
				deleted++
			case !errors.Is(err, store.ErrNotFound):
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("delete: %w", err)
	}
	return deleted, nil
}

// DeleteWhere removes the documents that a filter matches and returns how many
// there were. A nil filter is an error rather than an empty database.
func (db *DB) DeleteWhere(ctx context.Context, f Filter) (int, error) {
	if f == nil {
		return 0, fmt.Errorf("delete: %w: no filter", ErrInvalidQuery)
	}
	if err := db.enter(); err != nil {
		return 0, fmt.Errorf("delete: %w", err)
	}
	defer db.leave()
	var ids []string
	err := db.store.View(func(r *store.Reader) error {
		return eachMatch(ctx, r, f, func(h store.Head) error {
			ids = append(ids, h.ID)
			return nil
		})
	})
	if err != nil {
		return 0, fmt.Errorf("delete: %w", err)
	}
	return db.Delete(ctx, ids...)
}

// update runs one transaction as the only writer and brings its changes into
// the indexes that are in use.
func (db *DB) update(ctx context.Context, fn func(*store.Writer) error) error {
	db.writing.Lock()
	defer db.writing.Unlock()
	return db.commit(ctx, fn)
}

// commit is update for a caller that holds db.writing. Once the transaction is
// on disk nothing can undo it, so an index that fails to keep up is only
// logged: it is brought up to date the next time it is asked.
func (db *DB) commit(ctx context.Context, fn func(*store.Writer) error) error {
	if err := db.store.Update(fn); err != nil {
		return err
	}
	db.changed.Store(true)
	ctx = context.WithoutCancel(ctx)
	for _, err := range []error{db.vectors.keepUp(ctx), db.words.keepUp(ctx)} {
		if err != nil {
			db.options.Logger.Error("an index fell behind", "error", err)
		}
	}
	return nil
}

// record is a document on its way into the store.
type record struct {
	store.Document
	vectors [][]float32 // of Passages, once embedded
	madeBy  string      // fingerprint of the model of vectors that came with the document
	state   recordState
}

// recordState says what a record is to the document the store has.
type recordState uint8

const (
	added      recordState = iota // the id is new
	updated                       // title or text differ
	fieldsOnly                    // title and text are the same
	unchanged                     // all is the same
)

// newRecords validates documents and leaves out those that a later one with
// the same id replaces.
func newRecords(docs []Document) ([]*record, error) {
	records := make([]*record, 0, len(docs))
	place := make(map[string]int, len(docs))
	for _, d := range docs {
		r, err := newRecord(d)
		if err != nil {
			return nil, err
		}
		if i, seen := place[d.ID]; seen {
			records[i] = r
			continue
		}
		place[d.ID] = len(records)
		records = append(records, r)
	}
	return records, nil
}

// newRecord validates a document and computes its hashes.
func newRecord(d Document) (*record, error) {
	if err := d.validateID(); err != nil {
		return nil, err
	}
	fields, err := d.encodedFields()
	if err != nil {
		return nil, err
	}
	return &record{Document: store.Document{
		ID: d.ID, Title: d.Title, Text: d.Text, Fields: fields,
		TextHash: hashParts(d.Title, d.Text),
		Hash:     hashParts(d.Title, d.Text, string(fields)),
	}}, nil
}

// hashParts hashes texts so that no two sequences of parts run together.
func hashParts(parts ...string) (sum [sha256.Size]byte) {
	h := sha256.New()
	var length [8]byte
	for _, part := range parts {
		binary.LittleEndian.PutUint64(length[:], uint64(len(part)))
		h.Write(length[:])
		h.Write([]byte(part))
	}
	h.Sum(sum[:0])
	return sum
}

// write embeds what needs it and stores all records in one transaction. It
// returns the number of texts embedded.
func (db *DB) write(ctx context.Context, records []*record) (int, error) {
	db.writing.Lock()
	defer db.writing.Unlock()
	if err := db.classify(records); err != nil {
		return 0, err
	}
	texts, err := db.embedRecords(ctx, records)
	if err != nil {
		return 0, err
	}
	return texts, db.commit(ctx, func(w *store.Writer) error {
		for _, r := range records {
			if err := r.put(w); err != nil {
				return err
			}
		}
		return nil
	})
}

// classify compares records with the documents in the store.
func (db *DB) classify(records []*record) error {
	return db.store.View(func(r *store.Reader) error {
		for _, rec := range records {
			hash, textHash, err := r.Hashes(rec.ID)
			switch {
			case errors.Is(err, store.ErrNotFound):
				rec.state = added
			case err != nil:
				return err
			case hash == rec.Hash:
				rec.state = unchanged
			case textHash == rec.TextHash:
				rec.state = fieldsOnly
			default:
				rec.state = updated
			}
		}
		return nil
	})
}

// embedRecords cuts new texts into passages and embeds them all together. A
// record that came with vectors keeps them.
func (db *DB) embedRecords(ctx context.Context, records []*record) (int, error) {
	var texts []string
	m := db.model()
	for _, r := range records {
		if r.madeBy != m.Fingerprint() {
			r.vectors = nil // none came, or the model has changed since
		}
		if r.needsVectors() {
			texts = append(texts, r.cut(m)...)
		}
	}
	if len(texts) == 0 {
		return 0, nil
	}
	vectors, err := m.Embed(ctx, embed.Passage, texts)
	if err != nil {
		return 0, fmt.Errorf("embed: %w", err)
	}
	for _, r := range records {
		if r.needsVectors() {
			n := len(r.Passages)
			r.vectors, vectors = vectors[:n:n], vectors[n:]
		}
	}
	return len(texts), nil
}

// needsVectors reports whether r must be embedded.
func (r *record) needsVectors() bool {
	return (r.state == added || r.state == updated) && r.vectors == nil
}

// cut sets the passages and returns the text to embed for each. A document
// without title and text has none: there is nothing to find it by but its fields.
func (r *record) cut(e embed.Embedder) []string {
	r.Passages = nil
	if embed.PassageText(r.Title, r.Text) == "" {
		return nil
	}
	var texts []string
	for _, span := range e.Passages(r.Title, r.Text) {
		r.Passages = append(r.Passages, store.Passage{Start: span.Start, End: span.End})
		texts = append(texts, embed.PassageText(r.Title, r.Text[span.Start:span.End]))
	}
	return texts
}

// put stores the record as its state asks.
func (r *record) put(w *store.Writer) error {
	var err error
	switch r.state {
	case unchanged:
	case fieldsOnly:
		if err = r.keepHeads(w); err == nil {
			_, err = w.PutFields(&r.Document)
		}
	default:
		_, err = w.Put(&r.Document, r.vectors)
	}
	return err
}
