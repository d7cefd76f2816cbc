package store

import (
	"fmt"

	"go.etcd.io/bbolt"
)

// generation is the passages and vectors made by one model.
type generation struct {
	number   uint32
	root     tree // of the state value
	passages tree // document number → ranges
	vectors  tree // passage number → vector
	state    generationState
	dirty    bool
}

// active opens the generation that searches use.
func (r *Reader) active() (*generation, error) {
	return r.generation(r.Generation())
}

// generation opens a generation, or says ErrNotFound.
func (r *Reader) generation(number uint32) (*generation, error) {
	if g := r.gens[number]; g != nil {
		return g, nil
	}
	all, err := r.tree(bucketGenerations, tagRoot)
	if err != nil {
		return nil, err
	}
	g, err := openGeneration(all, number)
	if err != nil {
		return nil, err
	}
	if g == nil && number == r.Generation() {
		return nil, corrupt(bucketGenerations, "the active one, %d, is missing", number)
	}
	if g == nil {
		return nil, fmt.Errorf("store: generation %d: %w", number, ErrNotFound)
	}
	r.gens[number] = g
	return g, nil
}

// openGeneration returns nil when there is none with that number.
func openGeneration(all tree, number uint32) (g *generation, err error) {
	defer guard(&err)
	b := all.b.Bucket(numberKey(number))
	if b == nil {
		return nil, nil
	}
	g = &generation{number: number, root: newTree(b, bucketGenerations, tagGeneration)}
	payload, err := g.root.get([]byte(keyState))
	if err != nil {
		return nil, err
	}
	if g.state, err = decodeGenerationState(payload); err != nil {
		return nil, err
	}
	if g.passages, err = openTree(b, bucketPassages, tagPassages); err != nil {
		return nil, err
	}
	g.vectors, err = openTree(b, bucketVectors, tagVectors)
	return g, err
}

// createGeneration makes an empty generation.
func createGeneration(all *bbolt.Bucket, number uint32) error {
	b, err := all.CreateBucket(numberKey(number))
	if err != nil {
		return fmt.Errorf("store: generation %d: %w", number, err)
	}
	for _, name := range []string{bucketPassages, bucketVectors} {
		if _, err := b.CreateBucket([]byte(name)); err != nil {
			return fmt.Errorf("store: generation %d: %w", number, err)
		}
	}
	var empty generationState
	return newTree(b, bucketGenerations, tagGeneration).put([]byte(keyState), empty.encode())
}

// passagesOf returns a document's passages, none when it has no entry.
func (g *generation) passagesOf(document uint32) ([]Passage, error) {
	payload, err := g.passages.get(numberKey(document))
	if payload == nil || err != nil {
		return nil, err
	}
	return decodePassages(document, payload)
}

// has says whether a document has an entry.
func (g *generation) has(document uint32) (bool, error) {
	payload, err := g.passages.get(numberKey(document))
	return payload != nil, err
}

func (g *generation) payload(passage uint32) ([]byte, error) {
	payload, err := g.vectors.get(numberKey(passage))
	if payload == nil && err == nil {
		err = fmt.Errorf("store: passage %d: %w", passage, ErrNotFound)
	}
	return payload, err
}

func (g *generation) vector(passage uint32, v *Vector) error {
	payload, err := g.payload(passage)
	if err != nil {
		return err
	}
	return decodeVector(v, passage, int(g.state.dimension), payload)
}

func (g *generation) owner(passage uint32) (document uint32, index int, err error) {
	payload, err := g.payload(passage)
	if err != nil {
		return 0, 0, err
	}
	d := decoder{b: payload}
	document, index = d.uint32(), int(d.uint32())
	if d.bad {
		return 0, 0, corrupt(bucketVectors, "passage %d has no owner", passage)
	}
	return document, index, nil
}

// scanVectors yields all vectors and says whether yield wants to hear more.
func (g *generation) scanVectors(yield func(*Vector, error) bool) (more bool, err error) {
	var v Vector
	seen := uint64(0)
	more = true
	err = g.vectors.scanNumbers(0, func(passage uint32, payload []byte) (bool, error) {
		if err := decodeVector(&v, passage, int(g.state.dimension), payload); err != nil {
			return false, err
		}
		seen++
		more = yield(&v, nil)
		return more, nil
	})
	if err == nil && more && seen != g.state.passages {
		err = corrupt(bucketVectors, "%d found, want %d", seen, g.state.passages)
	}
	return more, err
}

// put stores a document's passages, which have their numbers, and vectors.
func (g *generation) put(document uint32, passages []Passage, vectors [][]float32) error {
	for i, p := range passages {
		if err := g.vectors.put(numberKey(p.Number), encodeVector(document, i, vectors[i])); err != nil {
			return err
		}
	}
	if len(vectors) > 0 {
		g.state.dimension = uint64(len(vectors[0]))
	}
	g.state.documents++
	g.state.passages += uint64(len(passages))
	g.dirty = true
	return g.passages.put(numberKey(document), encodePassages(passages))
}

// remove deletes a document's passages and vectors and returns their numbers.
func (g *generation) remove(document uint32) (Range, error) {
	if ok, err := g.has(document); err != nil || !ok {
		return Range{}, err
	}
	passages, err := g.passagesOf(document)
	if err != nil {
		return Range{}, err
	}
	for _, p := range passages {
		if err := g.vectors.remove(numberKey(p.Number)); err != nil {
			return Range{}, err
		}
	}
	g.state.documents--
	g.state.passages -= uint64(len(passages))
	g.dirty = true
	return rangeOf(passages), g.passages.remove(numberKey(document))
}
