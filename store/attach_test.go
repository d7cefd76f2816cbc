package store

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"testing"

	"go.etcd.io/bbolt"
)

// host opens a bbolt database that has data of its own.
func host(t *testing.T, path string, o *bbolt.Options) *bbolt.DB {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func fillHost(t *testing.T, db *bbolt.DB) {
	t.Helper()
	err := db.Update(func(tx *bbolt.Tx) error {
		for _, name := range []string{"apple", "zebra"} {
			b, err := tx.CreateBucket([]byte(name))
			if err != nil {
				return err
			}
			nested, err := b.CreateBucket([]byte("nested"))
			if err != nil {
				return err
			}
			for i := range 500 {
				key := fmt.Appendf(nil, "%s %d", name, i)
				if err := errors.Join(b.Put(key, bytes.Repeat(key, 20)), nested.Put(key, key)); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// dump returns all keys and values outside of one bucket.
func dump(t *testing.T, db *bbolt.DB, except string) []byte {
	t.Helper()
	var out bytes.Buffer
	var walk func(b *bbolt.Bucket) error
	walk = func(b *bbolt.Bucket) error {
		return b.ForEach(func(k, v []byte) error {
			fmt.Fprintf(&out, "%q=%q\n", k, v)
			if v == nil {
				return walk(b.Bucket(k))
			}
			return nil
		})
	}
	err := db.View(func(tx *bbolt.Tx) error {
		return tx.ForEach(func(name []byte, b *bbolt.Bucket) error {
			if string(name) == except {
				return nil
			}
			fmt.Fprintf(&out, "bucket %q, sequence %d\n", name, b.Sequence())
			return walk(b)
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestAttachLeavesTheHostAlone(t *testing.T) {
	path := temp(t)
	db := host(t, path, nil)
	fillHost(t, db)
	before := dump(t, db, "")
	s, err := Attach(db, "search")
	if err != nil {
		t.Fatal(err)
	}
	for i := range 50 {
		put(t, s, fmt.Sprint(i), "some words")
	}
	update(t, s, func(w *Writer) error {
		_, err := w.Delete("7")
		return err
	})
	mustCheck(t, s)
	if !bytes.Equal(dump(t, db, "search"), before) {
		t.Error("the host's data changed")
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.View(func(*Reader) error { return nil }); !errors.Is(err, ErrClosed) {
		t.Errorf("after close: %v", err)
	}
	if err := db.Update(func(*bbolt.Tx) error { return nil }); err != nil {
		t.Errorf("the host after close: %v", err)
	}
	again, err := Attach(db, "search")
	if err != nil {
		t.Fatal(err)
	}
	view(t, again, func(r *Reader) error {
		if d, err := r.Document("8"); err != nil || d.Text != "some words" {
			t.Errorf("%+v, %v", d, err)
		}
		return nil
	})
}

func TestAttachToReadOnlyHost(t *testing.T) {
	path := temp(t)
	db := host(t, path, nil)
	fillHost(t, db)
	s, err := Attach(db, "search")
	if err != nil {
		t.Fatal(err)
	}
	put(t, s, "a", "one")
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db = host(t, path, &bbolt.Options{ReadOnly: true})
	if s, err = Attach(db, "search"); err != nil {
		t.Fatal(err)
	}
	mustCheck(t, s)
	if err := s.Update(func(*Writer) error { return nil }); !errors.Is(err, ErrReadOnly) {
		t.Errorf("update: %v", err)
	}
	if _, err := Attach(db, "other"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing bucket: %v", err)
	}
}

func TestAttachRefusesForeignBucket(t *testing.T) {
	db := host(t, temp(t), nil)
	fillHost(t, db)
	before := dump(t, db, "")
	for _, name := range []string{"apple", ""} {
		if _, err := Attach(db, name); !errors.Is(err, ErrForeign) {
			t.Errorf("bucket %q: %v", name, err)
		}
	}
	if !bytes.Equal(dump(t, db, ""), before) {
		t.Error("the host's data changed")
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestOpenRefusesForeignFile(t *testing.T) {
	path := temp(t)
	db := host(t, path, nil)
	fillHost(t, db)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path, nil); !errors.Is(err, ErrForeign) {
		t.Errorf("got %v", err)
	}
	if after, err := os.ReadFile(path); err != nil || !bytes.Equal(before, after) {
		t.Errorf("the file changed: %v", err)
	}
}

// Damage in our bucket's pages is found when attaching, as Open finds it.
func TestAttachFindsDamage(t *testing.T) {
	path := temp(t)
	s := open(t, path, Options{})
	for i := range 100 {
		put(t, s, fmt.Sprint(i), "some words")
	}
	var root uint64
	if err := s.file.Load().db.View(func(tx *bbolt.Tx) error {
		root = uint64(tx.Bucket(s.bucket).Bucket([]byte(bucketDocuments)).Root())
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	copy(data[root*smallPage+16+8:], data[root*smallPage:][:8]) // the first child is the page itself
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Attach(host(t, path, nil), defaultBucket); !errors.Is(err, ErrCorrupt) {
		t.Errorf("got %v", err)
	}
}
