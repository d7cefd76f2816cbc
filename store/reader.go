package store

import (
	"encoding/binary"
	"fmt"
	"iter"

	"go.etcd.io/bbolt"
)

// Reader reads one snapshot of a store.
type Reader struct {
	tx    *bbolt.Tx
	root  tree
	form  format
	state state
	open  map[string]tree
	gens  map[uint32]*generation
}

// newReader reads the format and the counters; the trees are opened when used.
func newReader(tx *bbolt.Tx, root *bbolt.Bucket) (*Reader, error) {
	r := &Reader{tx: tx, root: newTree(root, "root", tagRoot), open: map[string]tree{}, gens: map[uint32]*generation{}}
	payload, err := r.root.get([]byte(keyFormat))
	if err != nil {
		return nil, err
	}
	if payload == nil {
		return nil, fmt.Errorf("store: the bucket has no format: %w", ErrForeign)
	}
	if r.form, err = decodeFormat(payload); err != nil {
		return nil, err
	}
	if payload, err = r.root.get([]byte(keyState)); err != nil {
		return nil, err
	}
	r.state, err = decodeState(payload)
	return r, err
}

// tree returns one of the buckets directly under the root.
func (r *Reader) tree(name string, tag byte) (tree, error) {
	if t, ok := r.open[name]; ok {
		return t, nil
	}
	t, err := openTree(r.root.b, name, tag)
	if err == nil {
		r.open[name] = t
	}
	return t, err
}

// get reads one value of a bucket directly under the root.
func (r *Reader) get(name string, tag byte, key []byte) ([]byte, error) {
	t, err := r.tree(name, tag)
	if err != nil {
		return nil, err
	}
	return t.get(key)
}

// Identity tells this store from every other, also from one created later at
// the same path. A copy of the file has the same identity.
func (r *Reader) Identity() [16]byte {
	return r.form.identity
}

// Meta returns a value set with Writer.SetMeta, nil when there is none.
func (r *Reader) Meta(key string) ([]byte, error) {
	payload, err := r.get(bucketSettings, tagSettings, []byte(key))
	return clone(payload), err
}

// Lookup returns the number of the document with an external id, or
// ErrNotFound.
func (r *Reader) Lookup(id string) (uint32, error) {
	if checkID(id) != nil {
		return 0, notFound(id)
	}
	payload, err := r.get(bucketIDs, tagIDs, []byte(id))
	if err != nil {
		return 0, err
	}
	if payload == nil {
		return 0, notFound(id)
	}
	return decodeNumber(id, payload)
}

func notFound(id string) error {
	const most = 100
	if len(id) > most {
		id = id[:most] + "…"
	}
	return fmt.Errorf("store: document %q: %w", id, ErrNotFound)
}

// encodeNumber is the value of an id.
func encodeNumber(n uint32) []byte {
	return binary.LittleEndian.AppendUint32(nil, n)
}

// decodeNumber reads the value of an id.
func decodeNumber(id string, payload []byte) (uint32, error) {
	d := decoder{b: payload}
	n := d.uint32()
	if !d.done() {
		return 0, corrupt("ids", "unreadable number of id %s", printKey([]byte(id)))
	}
	return n, nil
}

// Head returns what is known of a document without reading its text, or
// ErrNotFound.
func (r *Reader) Head(number uint32) (Head, error) {
	payload, err := r.get(bucketDocuments, tagDocuments, numberKey(number))
	if err != nil {
		return Head{}, err
	}
	if payload == nil {
		return Head{}, fmt.Errorf("store: document number %d: %w", number, ErrNotFound)
	}
	return decodeHead(number, payload)
}

// headOf returns the head of the document with an id.
func (r *Reader) headOf(id string) (Head, error) {
	number, err := r.Lookup(id)
	if err != nil {
		return Head{}, err
	}
	h, err := r.Head(number)
	switch {
	case isNotFound(err):
		return Head{}, corrupt("ids", "id %s leads to document %d, which is missing", printKey([]byte(id)), number)
	case err == nil && h.ID != id:
		return Head{}, corrupt("ids", "id %s leads to document %d, which has another id", printKey([]byte(id)), number)
	}
	return h, err
}

// Hashes returns a document's hashes without reading its text, or ErrNotFound.
func (r *Reader) Hashes(id string) (hash, textHash [32]byte, err error) {
	h, err := r.headOf(id)
	return h.Hash, h.TextHash, err
}

// Document returns the document with an external id, or ErrNotFound.
func (r *Reader) Document(id string) (*Document, error) {
	h, err := r.headOf(id)
	if err != nil {
		return nil, err
	}
	return r.complete(h)
}

// DocumentByNumber returns a document by its internal number, or ErrNotFound.
func (r *Reader) DocumentByNumber(number uint32) (*Document, error) {
	h, err := r.Head(number)
	if err != nil {
		return nil, err
	}
	return r.complete(h)
}

// complete reads the parts of a document that its head leaves out.
func (r *Reader) complete(h Head) (*Document, error) {
	d := &Document{Number: h.Number, ID: h.ID, Title: h.Title, Hash: h.Hash, TextHash: h.TextHash}
	var err error
	if d.Text, err = r.text(h); err != nil {
		return nil, err
	}
	fields, err := r.Fields(h.Number)
	if err != nil {
		return nil, err
	}
	if d.Fields = clone(fields); len(d.Fields) != h.FieldsLength {
		return nil, corrupt("fields", "document %d has %d bytes, want %d", h.Number, len(d.Fields), h.FieldsLength)
	}
	d.Passages, err = r.Passages(h.Number)
	return d, err
}

// Text returns a document's text, or ErrNotFound.
func (r *Reader) Text(number uint32) (string, error) {
	h, err := r.Head(number)
	if err != nil {
		return "", err
	}
	return r.text(h)
}

func (r *Reader) text(h Head) (string, error) {
	payload, err := r.get(bucketTexts, tagTexts, numberKey(h.Number))
	if err != nil {
		return "", err
	}
	if payload == nil || len(payload) != h.TextLength {
		return "", corrupt("texts", "document %d has %d bytes, want %d", h.Number, len(payload), h.TextLength)
	}
	return string(payload), nil
}

// Fields returns a document's encoded fields, nil when it has none or does not
// exist. The bytes are valid until the snapshot ends and must not be changed.
func (r *Reader) Fields(number uint32) ([]byte, error) {
	return r.get(bucketFields, tagFields, numberKey(number))
}

// Passages returns a document's passages in the active generation, in text
// order; none when the document does not exist.
func (r *Reader) Passages(number uint32) ([]Passage, error) {
	g, err := r.active()
	if err != nil {
		return nil, err
	}
	return g.passagesOf(number)
}

// Generation returns the number of the active generation.
func (r *Reader) Generation() uint32 {
	return uint32(r.state.generation)
}

// Dimension returns the length of the active generation's vectors, 0 as long as
// there are none.
func (r *Reader) Dimension() (int, error) {
	g, err := r.active()
	if err != nil {
		return 0, err
	}
	return int(g.state.dimension), nil
}

// Vector reads the vector of a passage in the active generation into v, reusing
// v.Values. A passage that is gone gives ErrNotFound.
func (r *Reader) Vector(passage uint32, v *Vector) error {
	g, err := r.active()
	if err != nil {
		return err
	}
	return g.vector(passage, v)
}

// PassageLimit is above the number of every passage there ever was.
func (r *Reader) PassageLimit() uint64 {
	return r.state.nextPassage
}

// PassageDocument returns the document that a passage of the active generation
// is in and its position there, or ErrNotFound.
func (r *Reader) PassageDocument(passage uint32) (document uint32, index int, err error) {
	g, err := r.active()
	if err != nil {
		return 0, 0, err
	}
	return g.owner(passage)
}

// LastChange returns the sequence of the newest change, 0 in a new store.
func (r *Reader) LastChange() uint64 {
	return r.state.lastChange
}

// Changes yields the changes after a position, oldest first. It yields
// ErrNoHistory alone when the log was trimmed beyond the position, or when the
// position lies in a future that this store does not have.
func (r *Reader) Changes(after uint64) iter.Seq2[Change, error] {
	return func(yield func(Change, error) bool) {
		if after < r.state.trimmed || after > r.state.lastChange {
			yield(Change{}, fmt.Errorf("store: changes after %d, the log has %d … %d: %w",
				after, r.state.trimmed, r.state.lastChange, ErrNoHistory))
			return
		}
		next := after + 1
		more := true
		err := r.scan(bucketChanges, tagChanges, sequenceKey(next), func(key, payload []byte) (bool, error) {
			c, err := decodeChange(next, payload)
			if err == nil && string(key) != string(sequenceKey(next)) {
				err = corrupt("changes", "change %d is missing", next)
			}
			if err != nil {
				return false, err
			}
			next++
			more = yield(c, nil)
			return more, nil
		})
		if err == nil && more && next != r.state.lastChange+1 {
			err = corrupt("changes", "the log ends at %d, want %d", next-1, r.state.lastChange)
		}
		if err != nil {
			yield(Change{}, err)
		}
	}
}

// Counts is what a store holds.
type Counts struct {
	Documents int
	Passages  int // of the active generation; as many vectors
	Dimension int // of its vectors
	Changes   int // kept in the log

	TextBytes, FieldBytes, VectorBytes int64 // the data alone
	FileBytes                          int64 // pages of the whole file, free ones included
}

// Counts returns what the store holds, from counters.
func (r *Reader) Counts() (Counts, error) {
	g, err := r.active()
	if err != nil {
		return Counts{}, err
	}
	return Counts{
		Documents:   int(r.state.documents),
		Passages:    int(g.state.passages),
		Dimension:   int(g.state.dimension),
		Changes:     int(r.state.lastChange - r.state.trimmed),
		TextBytes:   int64(r.state.textBytes),
		FieldBytes:  int64(r.state.fieldBytes),
		VectorBytes: int64(4 * g.state.passages * g.state.dimension),
		FileBytes:   r.tx.Size(),
	}, nil
}

func clone(b []byte) []byte {
	if b == nil {
		return nil
	}
	return append([]byte{}, b...)
}
