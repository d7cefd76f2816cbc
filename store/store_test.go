package store

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// open opens a store in a small-paged file, so that trees get several levels.
func open(t testing.TB, path string, o Options) *Store {
	t.Helper()
	o.testPageSize = 1024
	s, err := Open(path, &o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func temp(t testing.TB) string {
	t.Helper()
	return filepath.Join(t.TempDir(), "store.bolt")
}

func update(t testing.TB, s *Store, fn func(*Writer) error) {
	t.Helper()
	if err := s.Update(fn); err != nil {
		t.Fatal(err)
	}
}

func view(t testing.TB, s *Store, fn func(*Reader) error) {
	t.Helper()
	if err := s.View(fn); err != nil {
		t.Fatal(err)
	}
}

// sample returns a document with as many passages as its text has words, and
// vectors of 4 values.
func sample(id, text string) (*Document, [][]float32) {
	d := &Document{ID: id, Title: "title of " + id, Text: text, Fields: []byte("fields of " + id)}
	d.Hash[0], d.TextHash[0] = byte(len(text)), byte(len(id))
	var vectors [][]float32
	at := 0
	for _, word := range strings.Fields(text) {
		start := at + strings.Index(text[at:], word)
		at = start + len(word)
		d.Passages = append(d.Passages, Passage{Start: start, End: at})
		vectors = append(vectors, []float32{float32(start), float32(at), float32(len(id)), 1})
	}
	return d, vectors
}

func put(t testing.TB, s *Store, id, text string) Change {
	t.Helper()
	var c Change
	update(t, s, func(w *Writer) (err error) {
		d, v := sample(id, text)
		c, err = w.Put(d, v)
		return err
	})
	return c
}

func TestPutReadsBack(t *testing.T) {
	s := open(t, temp(t), Options{})
	c := put(t, s, "a\x00\xff", "one two three")
	want := Change{Sequence: 1, Op: OpAdd, Document: 1, Added: Range{First: 1, Count: 3}}
	if c != want {
		t.Fatalf("change %+v, want %+v", c, want)
	}
	view(t, s, func(r *Reader) error {
		d, err := r.Document("a\x00\xff")
		if err != nil {
			return err
		}
		if d.Text != "one two three" || d.Title != "title of a\x00\xff" || string(d.Fields) != "fields of a\x00\xff" {
			t.Errorf("document %+v", d)
		}
		if len(d.Passages) != 3 || d.Passages[1] != (Passage{Number: 2, Start: 4, End: 7}) {
			t.Errorf("passages %+v", d.Passages)
		}
		number, index, err := r.PassageDocument(3)
		if err != nil || number != 1 || index != 2 {
			t.Errorf("passage 3 is in %d at %d: %v", number, index, err)
		}
		var v Vector
		if err := r.Vector(2, &v); err != nil || v.Values[0] != 4 || v.Values[1] != 7 {
			t.Errorf("vector %+v: %v", v, err)
		}
		return nil
	})
}

func TestUpsertKeepsNumberAndRenumbersPassages(t *testing.T) {
	s := open(t, temp(t), Options{})
	put(t, s, "a", "one two")
	put(t, s, "b", "three")
	c := put(t, s, "a", "four")
	want := Change{Sequence: 3, Op: OpUpdate, Document: 1, Removed: Range{1, 2}, Added: Range{4, 1}}
	if c != want {
		t.Fatalf("change %+v, want %+v", c, want)
	}
	view(t, s, func(r *Reader) error {
		if err := r.Vector(1, &Vector{}); !errors.Is(err, ErrNotFound) {
			t.Errorf("old vector: %v", err)
		}
		counts, err := r.Counts()
		if counts.Documents != 2 || counts.Passages != 2 || counts.TextBytes != 9 || counts.Dimension != 4 {
			t.Errorf("counts %+v", counts)
		}
		return err
	})
}

func TestPutFieldsKeepsVectors(t *testing.T) {
	s := open(t, temp(t), Options{})
	put(t, s, "a", "one two")
	update(t, s, func(w *Writer) error {
		d, _ := sample("a", "not looked at")
		d.Title, d.Fields = "new", nil
		c, err := w.PutFields(d)
		if want := (Change{Sequence: 2, Op: OpFields, Document: 1}); c != want {
			t.Errorf("change %+v, want %+v", c, want)
		}
		if err != nil {
			return err
		}
		d.TextHash[5]++
		if _, err := w.PutFields(d); !errors.Is(err, ErrTextChanged) {
			t.Errorf("other text: %v", err)
		}
		return nil
	})
	view(t, s, func(r *Reader) error {
		d, err := r.Document("a")
		if err == nil && (d.Title != "new" || d.Fields != nil || d.Text != "one two" || len(d.Passages) != 2) {
			t.Errorf("document %+v", d)
		}
		return err
	})
}

func TestDelete(t *testing.T) {
	s := open(t, temp(t), Options{})
	put(t, s, "a", "one two")
	update(t, s, func(w *Writer) error {
		c, err := w.Delete("a")
		if want := (Change{Sequence: 2, Op: OpDelete, Document: 1, Removed: Range{1, 2}}); c != want {
			t.Errorf("change %+v, want %+v", c, want)
		}
		if _, err := w.Delete("a"); !errors.Is(err, ErrNotFound) {
			t.Errorf("twice: %v", err)
		}
		return err
	})
	if c := put(t, s, "a", "one"); c.Document != 2 || c.Op != OpAdd {
		t.Errorf("put after delete: %+v", c)
	}
}

// Each bad input is refused and leaves the update usable.
func TestBadInputChangesNothing(t *testing.T) {
	s := open(t, temp(t), Options{})
	put(t, s, "a", "one two")
	nan := float32(0)
	nan /= nan
	for name, test := range map[string]struct {
		change func(d *Document, v [][]float32) [][]float32
		want   error
	}{
		"empty id":       {func(d *Document, v [][]float32) [][]float32 { d.ID = ""; return v }, ErrInvalidID},
		"long id":        {func(d *Document, v [][]float32) [][]float32 { d.ID = strings.Repeat("x", 32001); return v }, ErrInvalidID},
		"past the text":  {func(d *Document, v [][]float32) [][]float32 { d.Passages[0].End = 99; return v }, ErrInvalidPassage},
		"backwards":      {func(d *Document, v [][]float32) [][]float32 { d.Passages[0].Start = 2; d.Passages[0].End = 1; return v }, ErrInvalidPassage},
		"vector missing": {func(_ *Document, v [][]float32) [][]float32 { return v[:1] }, ErrInvalidPassage},
		"dimension":      {func(_ *Document, v [][]float32) [][]float32 { v[1] = v[1][:3]; return v }, ErrDimension},
		"empty vector":   {func(_ *Document, v [][]float32) [][]float32 { v[0] = nil; return v }, ErrInvalidVector},
		"NaN":            {func(_ *Document, v [][]float32) [][]float32 { v[0][2] = nan; return v }, ErrInvalidVector},
	} {
		t.Run(name, func(t *testing.T) {
			update(t, s, func(w *Writer) error {
				d, v := sample("b", "three four")
				v = test.change(d, v)
				if _, err := w.Put(d, v); !errors.Is(err, test.want) {
					t.Errorf("got %v, want %v", err, test.want)
				}
				return nil
			})
			view(t, s, func(r *Reader) error {
				if r.LastChange() != 1 {
					t.Errorf("last change %d", r.LastChange())
				}
				return nil
			})
		})
	}
}

func TestExtremeSizes(t *testing.T) {
	path := temp(t)
	s := open(t, path, Options{})
	id := strings.Repeat("\x00", MaxIDLength)
	text := strings.Repeat("x", 10<<20)
	put(t, s, id, text)
	put(t, s, "empty", "")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, path, Options{})
	view(t, s, func(r *Reader) error {
		d, err := r.Document(id)
		if err != nil || d.Text != text {
			t.Errorf("%d bytes: %v", len(d.Text), err)
		}
		if d, err = r.Document("empty"); err != nil || d.Text != "" || len(d.Passages) != 0 {
			t.Errorf("empty text: %+v, %v", d, err)
		}
		return nil
	})
}

func TestUpdateIsAllOrNothing(t *testing.T) {
	s := open(t, temp(t), Options{})
	put(t, s, "a", "one")
	stop := errors.New("stop")
	err := s.Update(func(w *Writer) error {
		d, v := sample("b", "two")
		if _, err := w.Put(d, v); err != nil {
			return err
		}
		if _, err := w.Delete("a"); err != nil {
			return err
		}
		return stop
	})
	if !errors.Is(err, stop) {
		t.Fatal(err)
	}
	func() {
		defer func() { _ = recover() }()
		_ = s.Update(func(w *Writer) error {
			_, _ = w.Delete("a")
			panic("the caller's own")
		})
		t.Error("the caller's panic was swallowed")
	}()
	view(t, s, func(r *Reader) error {
		if _, err := r.Document("a"); err != nil || r.LastChange() != 1 {
			t.Errorf("a: %v, last change %d", err, r.LastChange())
		}
		return nil
	})
	put(t, s, "c", "the store still takes updates")
}

func TestSettings(t *testing.T) {
	path := temp(t)
	s := open(t, path, Options{})
	update(t, s, func(w *Writer) error {
		return errors.Join(w.SetMeta("model", []byte("m")), w.SetMeta("empty", []byte{}), w.SetMeta("gone", []byte("x")))
	})
	update(t, s, func(w *Writer) error { return w.SetMeta("gone", nil) })
	view(t, s, func(r *Reader) error {
		model, err1 := r.Meta("model")
		empty, err2 := r.Meta("empty")
		gone, err3 := r.Meta("gone")
		if string(model) != "m" || empty == nil || gone != nil {
			t.Errorf("%q, %q, %q", model, empty, gone)
		}
		return errors.Join(err1, err2, err3)
	})
}

func TestChangeLog(t *testing.T) {
	s := open(t, temp(t), Options{})
	for _, id := range []string{"a", "b", "c", "a"} {
		put(t, s, id, "text")
	}
	sequences := func(after uint64) (got []uint64, err error) {
		err = s.View(func(r *Reader) error {
			for c, err := range r.Changes(after) {
				if err != nil {
					return err
				}
				got = append(got, c.Sequence)
			}
			return nil
		})
		return got, err
	}
	if got, err := sequences(2); err != nil || len(got) != 2 || got[0] != 3 || got[1] != 4 {
		t.Errorf("after 2: %v, %v", got, err)
	}
	if got, err := sequences(4); err != nil || len(got) != 0 {
		t.Errorf("after the last: %v, %v", got, err)
	}
	if _, err := sequences(5); !errors.Is(err, ErrNoHistory) {
		t.Errorf("the future: %v", err)
	}
	update(t, s, func(w *Writer) error { return w.TrimChanges(2) })
	if _, err := sequences(1); !errors.Is(err, ErrNoHistory) {
		t.Errorf("trimmed: %v", err)
	}
	if got, err := sequences(2); err != nil || len(got) != 2 {
		t.Errorf("after trimming: %v, %v", got, err)
	}
}

func TestScans(t *testing.T) {
	s := open(t, temp(t), Options{})
	update(t, s, func(w *Writer) error {
		for i := range 100 {
			d, v := sample(string(rune('A'+i)), strings.Repeat("word ", i%4))
			if i%2 == 0 {
				d.Fields = nil
			}
			if _, err := w.Put(d, v); err != nil {
				return err
			}
		}
		return nil
	})
	view(t, s, func(r *Reader) error {
		var documents, fields, vectors int
		for d, err := range r.Documents(51) {
			if err != nil {
				return err
			}
			if documents++; int(d.Number) != 50+documents {
				t.Errorf("document %d at %d", d.Number, documents)
			}
		}
		for f, err := range r.AllFields() {
			if err != nil {
				return err
			}
			if fields++; f.Document%2 != 0 || !bytes.HasPrefix(f.Fields, []byte("fields of ")) {
				t.Errorf("fields %+v", f)
			}
		}
		for v, err := range r.Vectors() {
			if err != nil {
				return err
			}
			if vectors++; int(v.Passage) != vectors || len(v.Values) != 4 {
				t.Errorf("vector %+v", v)
			}
			if vectors == 120 {
				break
			}
		}
		if documents != 50 || fields != 50 || vectors != 120 {
			t.Errorf("%d documents, %d fields, %d vectors", documents, fields, vectors)
		}
		return nil
	})
}

func TestOpenErrors(t *testing.T) {
	path := temp(t)
	if _, err := Open(path, &Options{ReadOnly: true}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing: %v", err)
	}
	s := open(t, path, Options{})
	start := time.Now()
	_, err := Open(path, &Options{Timeout: 100 * time.Millisecond})
	if !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), path) {
		t.Errorf("locked: %v", err)
	}
	if _, err := Open(path, &Options{ReadOnly: true, Timeout: -1}); !errors.Is(err, ErrLocked) {
		t.Errorf("locked for reading: %v", err)
	}
	if waited := time.Since(start); waited > time.Second {
		t.Errorf("waited %v for locks", waited)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.View(func(*Reader) error { return nil }); !errors.Is(err, ErrClosed) {
		t.Errorf("closed: %v", err)
	}
	r := open(t, path, Options{ReadOnly: true})
	open(t, path, Options{ReadOnly: true})
	if err := r.Update(func(*Writer) error { return nil }); !errors.Is(err, ErrReadOnly) {
		t.Errorf("update: %v", err)
	}
	if _, err := Open(path, &Options{Timeout: -1}); !errors.Is(err, ErrLocked) {
		t.Errorf("readers hold it: %v", err)
	}
	if err := os.WriteFile(path+".txt", bytes.Repeat([]byte("not a store "), 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path+".txt", nil); !errors.Is(err, ErrCorrupt) {
		t.Errorf("text file: %v", err)
	}
}
