package store

import "iter"

// scan calls fn with each key and verified payload of a bucket, in key order
// from the given key, until fn returns false or an error.
func (r *Reader) scan(name string, tag byte, from []byte, fn func(key, payload []byte) (bool, error)) error {
	t, err := r.tree(name, tag)
	if err != nil {
		return err
	}
	return t.scan(from, fn)
}

func (t tree) scan(from []byte, fn func(key, payload []byte) (bool, error)) error {
	c := t.from(from)
	for ; c.key != nil; c.next() {
		payload, err := c.payload()
		if err != nil {
			return err
		}
		if more, err := fn(c.key, payload); err != nil || !more {
			return err
		}
	}
	return c.err
}

// scanNumbers is scan for a bucket whose keys are numbers.
func (t tree) scanNumbers(from uint32, fn func(number uint32, payload []byte) (bool, error)) error {
	return t.scan(numberKey(from), func(key, payload []byte) (bool, error) {
		number, ok := parseNumber(key)
		if !ok {
			return false, corrupt(t.name, "key %s is no number", printKey(key))
		}
		return fn(number, payload)
	})
}

// Heads yields the heads of all documents whose number is at least from, by
// ascending number. It ends with ErrCorrupt if, begun at 0, it did not come
// upon as many documents as the store has.
func (r *Reader) Heads(from uint32) iter.Seq2[Head, error] {
	return func(yield func(Head, error) bool) {
		t, err := r.tree(bucketDocuments, tagDocuments)
		seen, more := uint64(0), true
		if err == nil {
			err = t.scanNumbers(from, func(number uint32, payload []byte) (bool, error) {
				h, err := decodeHead(number, payload)
				if err != nil {
					return false, err
				}
				seen++
				more = yield(h, nil)
				return more, nil
			})
		}
		if err == nil && more && from == 0 && seen != r.state.documents {
			err = corrupt(bucketDocuments, "%d found, want %d", seen, r.state.documents)
		}
		if err != nil {
			yield(Head{}, err)
		}
	}
}

// Documents yields whole documents; it is Heads with the texts read.
func (r *Reader) Documents(from uint32) iter.Seq2[*Document, error] {
	return func(yield func(*Document, error) bool) {
		for h, err := range r.Heads(from) {
			var d *Document
			if err == nil {
				d, err = r.complete(h)
			}
			if !yield(d, err) || err != nil {
				return
			}
		}
	}
}

// FieldSet is the encoded fields of one document.
type FieldSet struct {
	Document uint32 // number
	Fields   []byte // valid until the snapshot ends, not to be changed
}

// AllFields yields the fields of all documents that have any, by ascending
// number, without touching their texts.
func (r *Reader) AllFields() iter.Seq2[FieldSet, error] {
	return func(yield func(FieldSet, error) bool) {
		t, err := r.tree(bucketFields, tagFields)
		if err == nil {
			err = t.scanNumbers(0, func(number uint32, payload []byte) (bool, error) {
				return yield(FieldSet{Document: number, Fields: payload}, nil), nil
			})
		}
		if err != nil {
			yield(FieldSet{}, err)
		}
	}
}

// Vectors yields all vectors of the active generation by ascending passage
// number. The Vector is reused: copy what is to be kept. It ends with
// ErrCorrupt if it did not come upon as many as there are passages.
func (r *Reader) Vectors() iter.Seq2[*Vector, error] { return r.VectorsOf(r.Generation()) }

// VectorsOf is Vectors for any generation.
func (r *Reader) VectorsOf(generation uint32) iter.Seq2[*Vector, error] {
	return func(yield func(*Vector, error) bool) {
		g, err := r.generation(generation)
		more := true
		if err == nil {
			more, err = g.scanVectors(yield)
		}
		if err != nil && more {
			yield(nil, err)
		}
	}
}
