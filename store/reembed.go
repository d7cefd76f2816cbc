package store

import (
	"errors"
	"fmt"
	"iter"
)

// Re-embedding with another model happens beside the vectors in use:
// NewGeneration, then Fill for each document that Unfilled names, in as many
// updates as wanted, then Activate, then DropGeneration for the old one. A
// document that is put or deleted meanwhile loses its entry in the new
// generation too, so that Unfilled names it again.

// Generations returns the numbers of all generations, ascending.
func (r *Reader) Generations() ([]uint32, error) {
	all, err := r.tree(bucketGenerations, tagRoot)
	if err != nil {
		return nil, err
	}
	var numbers []uint32
	c := all.from(nil)
	for ; c.key != nil; c.next() {
		number, ok := parseNumber(c.key)
		if !ok || c.value != nil {
			return nil, corrupt(bucketGenerations, "key %s is no generation", printKey(c.key))
		}
		numbers = append(numbers, number)
	}
	return numbers, c.err
}

// Unfilled yields the documents from a number on that have no entry in a
// generation, by ascending number.
func (r *Reader) Unfilled(generation, from uint32) iter.Seq2[*Document, error] {
	return func(yield func(*Document, error) bool) {
		g, err := r.generation(generation)
		if err != nil {
			yield(nil, err)
			return
		}
		for h, err := range r.Heads(from) {
			var d *Document
			done := false
			if err == nil {
				done, err = g.has(h.Number)
			}
			if done {
				continue
			}
			if err == nil {
				d, err = r.complete(h)
			}
			if !yield(d, err) || err != nil {
				return
			}
		}
	}
}

// CountUnfilled returns how many documents Unfilled yields from the first on,
// without reading them.
func (r *Reader) CountUnfilled(generation uint32) (int, error) {
	g, err := r.generation(generation)
	if err != nil {
		return 0, err
	}
	n := 0
	for h, err := range r.Heads(0) {
		if err != nil {
			return 0, err
		}
		done, err := g.has(h.Number)
		if err != nil {
			return 0, err
		}
		if !done {
			n++
		}
	}
	return n, nil
}

// NewGeneration makes an empty generation beside the active one.
func (w *Writer) NewGeneration() (uint32, error) {
	all, err := w.tree(bucketGenerations, tagRoot)
	if err != nil {
		return 0, err
	}
	number := uint32(w.state.nextGeneration)
	err = func() (err error) {
		defer guard(&err)
		return createGeneration(all.b, number)
	}()
	w.state.nextGeneration++
	w.dirty = true
	return number, err
}

// Fill stores the passages and vectors of an existing document, given by its
// number, in a generation that is not the active one, over those it has there.
// It sets the passages' numbers. The change log is not touched.
func (w *Writer) Fill(generation, document uint32, passages []Passage, vectors [][]float32) error {
	g, err := w.inactive(generation)
	if err != nil {
		return err
	}
	h, err := w.Head(document)
	if err != nil {
		return err
	}
	err = errors.Join(
		checkPassages(passages, h.TextLength, len(vectors)),
		checkVectors(vectors, int(g.state.dimension)),
	)
	if err != nil {
		return err
	}
	if err := w.numberPassages(passages); err != nil {
		return err
	}
	w.dirty = true
	if _, err := g.remove(document); err != nil {
		return err
	}
	return g.put(document, passages, vectors)
}

// inactive opens a generation that is not the active one.
func (w *Writer) inactive(number uint32) (*generation, error) {
	if number == w.Generation() {
		return nil, fmt.Errorf("store: generation %d is the active one: %w", number, ErrNotFound)
	}
	return w.generation(number)
}

// Activate makes a generation the active one, or says ErrIncomplete when
// documents have no entry in it. The former one stays until it is dropped.
func (w *Writer) Activate(generation uint32) (Change, error) {
	g, err := w.inactive(generation)
	if err != nil {
		return Change{}, err
	}
	if g.state.documents != w.state.documents {
		return Change{}, fmt.Errorf("store: generation %d has %d of %d documents: %w",
			generation, g.state.documents, w.state.documents, ErrIncomplete)
	}
	w.state.generation = uint64(generation)
	return w.log(Change{Op: OpSwap})
}

// DropGeneration removes a generation that is not the active one.
func (w *Writer) DropGeneration(generation uint32) (err error) {
	defer guard(&err)
	if _, err := w.inactive(generation); err != nil {
		return err
	}
	all, err := w.tree(bucketGenerations, tagRoot)
	if err != nil {
		return err
	}
	delete(w.gens, generation)
	w.dirty = true
	if err := all.b.DeleteBucket(numberKey(generation)); err != nil {
		return fmt.Errorf("store: generation %d: %w", generation, err)
	}
	return nil
}
