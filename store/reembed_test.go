package store

import (
	"errors"
	"strings"
	"testing"
)

// wide returns vectors of 6 values for a document's passages.
func wide(d *Document) (passages []Passage, vectors [][]float32) {
	for i := range d.Passages {
		passages = append(passages, Passage{Start: 0, End: len(d.Text)})
		vectors = append(vectors, []float32{6, 5, 4, 3, 2, float32(i)})
	}
	return passages, vectors
}

// fill embeds all documents that a generation lacks and returns how many.
func fill(t *testing.T, s *Store, generation uint32) (n int) {
	t.Helper()
	update(t, s, func(w *Writer) error {
		var missing []*Document
		for d, err := range w.Unfilled(generation, 0) {
			if err != nil {
				return err
			}
			missing = append(missing, d)
		}
		n = len(missing)
		for _, d := range missing {
			passages, vectors := wide(d)
			if err := w.Fill(generation, d.Number, passages, vectors); err != nil {
				return err
			}
		}
		return nil
	})
	return n
}

func TestReembedBesideTheOld(t *testing.T) {
	path := temp(t)
	s := open(t, path, Options{})
	for _, id := range []string{"a", "b", "c", "d"} {
		put(t, s, id, strings.Repeat("word ", 3))
	}
	var g uint32
	update(t, s, func(w *Writer) (err error) {
		g, err = w.NewGeneration()
		return err
	})
	if n := fill(t, s, g); n != 4 {
		t.Fatalf("filled %d", n)
	}
	mustCheck(t, s)
	// Writers go on meanwhile: what they touch must be embedded again.
	put(t, s, "b", "another text")
	put(t, s, "e", "new")
	update(t, s, func(w *Writer) error {
		if _, err := w.Delete("c"); err != nil {
			return err
		}
		if _, err := w.Activate(g); !errors.Is(err, ErrIncomplete) {
			t.Errorf("incomplete: %v", err)
		}
		return nil
	})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, path, Options{})
	if n := fill(t, s, g); n != 2 {
		t.Errorf("filled %d after changes, want 2", n)
	}
	view(t, s, func(r *Reader) error {
		if n, err := r.Dimension(); n != 4 || err != nil {
			t.Errorf("dimension %d before the swap: %v", n, err)
		}
		return nil
	})
	update(t, s, func(w *Writer) error {
		old := w.Generation()
		c, err := w.Activate(g)
		if c.Op != OpSwap || c.Sequence != 8 {
			t.Errorf("change %+v", c)
		}
		return errors.Join(err, w.DropGeneration(old))
	})
	mustCheck(t, s)
	view(t, s, func(r *Reader) error {
		counts, err := r.Counts()
		if counts.Dimension != 6 || counts.Documents != 4 || counts.Passages != 9 {
			t.Errorf("counts %+v", counts)
		}
		for v, err := range r.Vectors() {
			if err != nil || v.Values[0] != 6 {
				t.Errorf("vector %+v: %v", v, err)
			}
		}
		return err
	})
	put(t, s, "f", "") // of no passages, so of any dimension
	mustCheck(t, s)
}

func TestGenerationErrors(t *testing.T) {
	s := open(t, temp(t), Options{})
	put(t, s, "a", "one")
	update(t, s, func(w *Writer) error {
		active := w.Generation()
		g, err := w.NewGeneration()
		if err != nil {
			return err
		}
		for name, err := range map[string]error{
			"fill the active one":   w.Fill(active, 1, nil, nil),
			"fill an unknown one":   w.Fill(99, 1, nil, nil),
			"fill for no document":  w.Fill(g, 99, nil, nil),
			"drop the active one":   w.DropGeneration(active),
			"drop an unknown one":   w.DropGeneration(99),
			"unknown one to report": firstError(w, 99),
		} {
			if !errors.Is(err, ErrNotFound) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := w.Fill(g, 1, []Passage{{End: 4}}, [][]float32{{1}}); !errors.Is(err, ErrInvalidPassage) {
			t.Errorf("past the text: %v", err)
		}
		return w.DropGeneration(g)
	})
	mustCheck(t, s)
}

func firstError(w *Writer, generation uint32) error {
	for _, err := range w.Unfilled(generation, 0) {
		return err
	}
	return nil
}
