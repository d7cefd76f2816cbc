package store

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"go.etcd.io/bbolt"
)

// fixture is a store as version 1 of the format writes it. It must never be
// written anew: a change of format adds a file and keeps this one readable.
const fixture = "../testdata/compat/store-v1.bolt"

// TestCompatV1 reads the fixture of format 1, and goes on with a copy of it.
func TestCompatV1(t *testing.T) {
	data, err := os.ReadFile(fixture)
	if err != nil {
		t.Fatal(err)
	}
	path := temp(t)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	s := open(t, path, Options{ReadOnly: true})
	mustCheck(t, s)
	view(t, s, func(r *Reader) error {
		d, err := r.Document("second")
		if err != nil {
			return err
		}
		if d.Number != 2 || d.Title != "title of second" || d.Text != "now three words" || string(d.Fields) != "fields of second" ||
			len(d.Passages) != 3 || d.Passages[2] != (Passage{Number: 11, Start: 10, End: 15}) {
			t.Errorf("document %+v", d)
		}
		if _, err := r.Document("third"); !errors.Is(err, ErrNotFound) {
			t.Errorf("deleted document: %v", err)
		}
		var v Vector
		if err := r.Vector(11, &v); err != nil || v.Document != 2 || v.Index != 2 || v.Values[3] != 3 {
			t.Errorf("vector %+v: %v", v, err)
		}
		model, err := r.Meta("model")
		if err != nil || string(model) != "a fingerprint" {
			t.Errorf("setting %q: %v", model, err)
		}
		counts, err := r.Counts()
		want := Counts{Documents: 2, Passages: 5, Dimension: 4, Changes: 5, TextBytes: 22, FieldBytes: 31, VectorBytes: 80, FileBytes: counts.FileBytes}
		if counts != want || r.Generation() != 2 || r.LastChange() != 6 {
			t.Errorf("counts %+v, generation %d, last change %d", counts, r.Generation(), r.LastChange())
		}
		return err
	})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, path, Options{})
	put(t, s, "fourth", "still writable")
	mustCheck(t, s)
}

// TestWriteFixture writes a fixture of the current format to the file that
// STORE_FIXTURE names, for when there is a new format.
func TestWriteFixture(t *testing.T) {
	path := os.Getenv("STORE_FIXTURE")
	if path == "" {
		t.Skip("STORE_FIXTURE names no file to write")
	}
	s := open(t, filepath.Join(t.TempDir(), "store.bolt"), Options{})
	put(t, s, "first", "one two")
	put(t, s, "second", "some")
	put(t, s, "third", "gone soon")
	put(t, s, "second", "now three words")
	update(t, s, func(w *Writer) error {
		_, err := w.Delete("third")
		return errors.Join(err, w.SetMeta("model", []byte("a fingerprint")), w.TrimChanges(1))
	})
	update(t, s, func(w *Writer) error {
		g, err := w.NewGeneration()
		if err != nil {
			return err
		}
		for _, id := range []string{"second", "first"} {
			d, err := w.Document(id)
			if err != nil {
				return err
			}
			var vectors [][]float32
			for i := range d.Passages {
				vectors = append(vectors, []float32{1, 0, 0, float32(1 + i)})
			}
			if err := w.Fill(g, d.Number, d.Passages, vectors); err != nil {
				return err
			}
		}
		_, err = w.Activate(g)
		return err
	})
	mustCheck(t, s)
	if err := s.file.Load().db.View(func(tx *bbolt.Tx) error { return tx.CopyFile(path, 0o644) }); err != nil {
		t.Fatal(err)
	}
}
