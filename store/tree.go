package store

import (
	"bytes"
	"fmt"

	"go.etcd.io/bbolt"
)

// tree is one of the store's buckets, reading and writing sealed values. Its
// methods and those of cursor are all that touches bbolt's pages.
type tree struct {
	b    *bbolt.Bucket
	tag  byte
	name string
}

// openTree returns a bucket that must exist.
func openTree(parent *bbolt.Bucket, name string, tag byte) (t tree, err error) {
	defer guard(&err)
	b := parent.Bucket([]byte(name))
	if b == nil {
		return tree{}, corrupt(name, "the bucket is missing")
	}
	return newTree(b, name, tag), nil
}

// newTree wraps a bucket. Most keys only ever grow, so pages are filled up.
func newTree(b *bbolt.Bucket, name string, tag byte) tree {
	b.FillPercent = 0.95
	return tree{b: b, tag: tag, name: name}
}

// get returns the payload under a key, nil when there is none. It is valid
// until the transaction ends and must not be changed.
func (t tree) get(key []byte) (payload []byte, err error) {
	defer guard(&err)
	value := t.b.Get(key)
	if value == nil {
		return nil, nil
	}
	return t.unseal(key, value)
}

func (t tree) unseal(key, value []byte) ([]byte, error) {
	payload, ok := unseal(t.tag, key, value)
	if !ok {
		return nil, corrupt(t.name, "key %s: checksum mismatch", printKey(key))
	}
	return payload, nil
}

// printKey shows a key in an error, shortened.
func printKey(key []byte) string {
	const most = 40
	if len(key) > most {
		return fmt.Sprintf("%x…", key[:most])
	}
	return fmt.Sprintf("%x", key)
}

// put stores a payload, whose spare capacity it uses; it must not be changed
// until the transaction ends.
func (t tree) put(key, payload []byte) (err error) {
	defer guard(&err)
	if err := t.b.Put(key, seal(t.tag, key, payload)); err != nil {
		return fmt.Errorf("store: %s: %w", t.name, err)
	}
	return nil
}

// remove deletes a key; one that is missing is no error.
func (t tree) remove(key []byte) (err error) {
	defer guard(&err)
	if err := t.b.Delete(key); err != nil {
		return fmt.Errorf("store: %s: %w", t.name, err)
	}
	return nil
}

// cursor steps through a tree in key order. The tree must not be changed
// meanwhile.
type cursor struct {
	t     tree
	c     *bbolt.Cursor
	key   []byte // current, nil at the end
	value []byte // sealed
	err   error
}

// from returns a cursor on the first key not below the given one.
func (t tree) from(key []byte) *cursor {
	c := &cursor{t: t}
	c.move(func() ([]byte, []byte) {
		c.c = t.b.Cursor()
		if len(key) == 0 {
			return c.c.First()
		}
		return c.c.Seek(key)
	})
	return c
}

// next moves to the following key.
func (c *cursor) next() {
	last := c.key
	c.move(c.c.Next)
	if c.key != nil && bytes.Compare(last, c.key) >= 0 {
		c.fail(corrupt(c.t.name, "keys out of order at %s", printKey(c.key)))
	}
}

func (c *cursor) move(step func() ([]byte, []byte)) {
	if err := c.try(step); err != nil {
		c.fail(err)
	}
}

func (c *cursor) try(step func() ([]byte, []byte)) (err error) {
	defer guard(&err)
	c.key, c.value = step()
	return nil
}

func (c *cursor) fail(err error) {
	c.key, c.value, c.err = nil, nil, err
}

// payload verifies and returns the current value.
func (c *cursor) payload() (payload []byte, err error) {
	defer guard(&err)
	return c.t.unseal(c.key, c.value)
}
