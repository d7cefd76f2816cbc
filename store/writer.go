package store

import (
	"errors"
	"fmt"
	"math"

	"go.etcd.io/bbolt"
)

// Writer changes a store within one update and sees its own changes. A method
// that returns one of the errors ErrInvalid…, ErrDimension, ErrTextChanged or
// ErrNotFound has changed nothing, so the update may go on; after any other
// error it must return that error.
type Writer struct {
	*Reader
	dirty bool
}

func newWriter(r *Reader) *Writer {
	return &Writer{Reader: r}
}

// createTrees fills a new root bucket with an empty store.
func createTrees(root *bbolt.Bucket) error {
	names := []string{bucketSettings, bucketIDs, bucketDocuments, bucketTexts, bucketFields, bucketChanges, bucketGenerations}
	for _, name := range names {
		if _, err := root.CreateBucket([]byte(name)); err != nil {
			return fmt.Errorf("store: create %s: %w", name, err)
		}
	}
	const first = 1
	if err := createGeneration(root.Bucket([]byte(bucketGenerations)), first); err != nil {
		return err
	}
	t := newTree(root, "root", tagRoot)
	s := state{nextDocument: 1, nextPassage: 1, generation: first, nextGeneration: first + 1}
	if err := t.put([]byte(keyState), s.encode()); err != nil {
		return err
	}
	return t.put([]byte(keyFormat), newFormat().encode())
}

// flush writes the counters.
func (w *Writer) flush() error {
	for _, g := range w.gens {
		if !g.dirty {
			continue
		}
		if err := g.root.put([]byte(keyState), g.state.encode()); err != nil {
			return err
		}
	}
	return w.root.put([]byte(keyState), w.state.encode())
}

// put stores one value in a bucket directly under the root.
func (w *Writer) put(name string, tag byte, key, payload []byte) error {
	t, err := w.tree(name, tag)
	if err != nil {
		return err
	}
	w.dirty = true
	return t.put(key, payload)
}

// remove deletes one value of a bucket directly under the root.
func (w *Writer) remove(name string, tag byte, key []byte) error {
	t, err := w.tree(name, tag)
	if err != nil {
		return err
	}
	w.dirty = true
	return t.remove(key)
}

// SetMeta stores a value of the caller's under a non-empty key; nil removes it.
func (w *Writer) SetMeta(key string, value []byte) error {
	if value == nil {
		return w.remove(bucketSettings, tagSettings, []byte(key))
	}
	return w.put(bucketSettings, tagSettings, []byte(key), clone(value))
}

// Put stores a document, in place of the one with the same id if there is one,
// with one vector for each passage. It sets d.Number and the passages' numbers;
// a document keeps its number, passages always get new ones.
func (w *Writer) Put(d *Document, vectors [][]float32) (Change, error) {
	g, err := w.active()
	if err != nil {
		return Change{}, err
	}
	if err := checkDocument(d, vectors, g); err != nil {
		return Change{}, err
	}
	old, err := w.headOf(d.ID)
	if err != nil && !isNotFound(err) {
		return Change{}, err
	}
	d.Number = old.Number // 0 when the document is new
	if err := w.number(d); err != nil {
		return Change{}, err
	}
	removed, err := w.forget(d.Number)
	if err != nil {
		return Change{}, err
	}
	if err := w.storeHead(d.head(), d.Fields, old); err != nil {
		return Change{}, err
	}
	if err := w.put(bucketTexts, tagTexts, numberKey(d.Number), sealable(d.Text)); err != nil {
		return Change{}, err
	}
	if err := g.put(d.Number, d.Passages, vectors); err != nil {
		return Change{}, err
	}
	op := OpUpdate
	if old.Number == 0 {
		op = OpAdd
	}
	return w.log(Change{Op: op, Document: d.Number, Removed: removed, Added: rangeOf(d.Passages)})
}

// checkDocument says whether a document may be stored with these vectors.
func checkDocument(d *Document, vectors [][]float32, g *generation) error {
	if err := checkID(d.ID); err != nil {
		return err
	}
	if err := checkPassages(d.Passages, len(d.Text), len(vectors)); err != nil {
		return err
	}
	return checkVectors(vectors, int(g.state.dimension))
}

// sealable copies a text to where a checksum fits behind it.
func sealable(text string) []byte {
	return append(make([]byte, 0, len(text)+checksumSize), text...)
}

// number gives numbers to a document that has none and to its passages.
func (w *Writer) number(d *Document) error {
	if d.Number == 0 {
		if w.state.nextDocument > math.MaxUint32 {
			return fmt.Errorf("store: documents: %w", ErrFull)
		}
		d.Number = uint32(w.state.nextDocument)
		w.state.nextDocument++
		w.state.documents++
	}
	return w.numberPassages(d.Passages)
}

func (w *Writer) numberPassages(passages []Passage) error {
	if w.state.nextPassage+uint64(len(passages)) > math.MaxUint32+1 {
		return fmt.Errorf("store: passages: %w", ErrFull)
	}
	for i := range passages {
		passages[i].Number = uint32(w.state.nextPassage)
		w.state.nextPassage++
	}
	return nil
}

// forget removes a document's passages from all generations and returns those
// of the active one. Generations being filled must embed the document anew.
func (w *Writer) forget(document uint32) (Range, error) {
	var removed Range
	numbers, err := w.Generations()
	if err != nil {
		return removed, err
	}
	for _, number := range numbers {
		g, err := w.generation(number)
		if err != nil {
			return removed, err
		}
		r, err := g.remove(document)
		if err != nil {
			return removed, err
		}
		if number == w.Generation() {
			removed = r
		}
	}
	return removed, nil
}

// storeHead writes a document's id, head and fields over those of its
// predecessor, whose head is zero when there was none, and keeps the counts.
func (w *Writer) storeHead(head Head, fields []byte, old Head) error {
	key := numberKey(head.Number)
	w.state.textBytes += uint64(head.TextLength) - uint64(old.TextLength)
	w.state.fieldBytes += uint64(head.FieldsLength) - uint64(old.FieldsLength)
	if old.Number == 0 {
		if err := w.put(bucketIDs, tagIDs, []byte(head.ID), encodeNumber(head.Number)); err != nil {
			return err
		}
	}
	if err := w.put(bucketDocuments, tagDocuments, key, head.encode()); err != nil {
		return err
	}
	if len(fields) == 0 {
		return w.remove(bucketFields, tagFields, key)
	}
	return w.put(bucketFields, tagFields, key, clone(fields))
}

// PutFields stores a new title, new fields and a new hash for a document whose
// text, as told by TextHash, is the stored one, and keeps its passages and
// vectors. Text and Passages of d are not looked at. It sets d.Number.
func (w *Writer) PutFields(d *Document) (Change, error) {
	old, err := w.headOf(d.ID)
	if err != nil {
		return Change{}, err
	}
	if old.TextHash != d.TextHash {
		return Change{}, fmt.Errorf("store: document %d: use Put: %w", old.Number, ErrTextChanged)
	}
	d.Number = old.Number
	head := d.head()
	head.TextLength = old.TextLength
	if err := w.storeHead(head, d.Fields, old); err != nil {
		return Change{}, err
	}
	return w.log(Change{Op: OpFields, Document: d.Number})
}

// Delete removes a document, or says ErrNotFound.
func (w *Writer) Delete(id string) (Change, error) {
	h, err := w.headOf(id)
	if err != nil {
		return Change{}, err
	}
	c := Change{Op: OpDelete, Document: h.Number}
	if c.Removed, err = w.forget(h.Number); err != nil {
		return Change{}, err
	}
	key := numberKey(h.Number)
	err = errors.Join(
		w.remove(bucketIDs, tagIDs, []byte(id)),
		w.remove(bucketDocuments, tagDocuments, key),
		w.remove(bucketTexts, tagTexts, key),
		w.remove(bucketFields, tagFields, key),
	)
	if err != nil {
		return Change{}, err
	}
	w.state.documents--
	w.state.textBytes -= uint64(h.TextLength)
	w.state.fieldBytes -= uint64(h.FieldsLength)
	return w.log(c)
}

// log appends a change.
func (w *Writer) log(c Change) (Change, error) {
	w.state.lastChange++
	c.Sequence = w.state.lastChange
	return c, w.put(bucketChanges, tagChanges, sequenceKey(c.Sequence), c.encode())
}

// TrimChanges removes the changes up to and including a position. An index that
// is behind it will be told ErrNoHistory and has to be rebuilt.
func (w *Writer) TrimChanges(upTo uint64) error {
	for w.state.trimmed < min(upTo, w.state.lastChange) {
		if err := w.remove(bucketChanges, tagChanges, sequenceKey(w.state.trimmed+1)); err != nil {
			return err
		}
		w.state.trimmed++
	}
	return nil
}

func isNotFound(err error) bool {
	return errors.Is(err, ErrNotFound)
}
