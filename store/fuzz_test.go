package store

import (
	"bytes"
	"errors"
	"reflect"
	"testing"
)

// Each decoder either refuses a payload with ErrCorrupt or gives a value that,
// encoded and decoded again, is the same.

func FuzzHead(f *testing.F) {
	h := Head{Number: 7, ID: "id\x00\xff", Title: "a title", TextLength: 300, FieldsLength: 2}
	f.Add(h.encode())
	f.Add([]byte{})
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01})
	f.Fuzz(func(t *testing.T, payload []byte) {
		roundTrip(t, payload, func(b []byte) (Head, error) { return decodeHead(7, b) }, (*Head).encode)
	})
}

func FuzzPassages(f *testing.F) {
	f.Add(encodePassages(nil))
	f.Add(encodePassages([]Passage{{5, 0, 100}, {6, 80, 200}, {7, 10, 10}}))
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0})
	f.Add([]byte{1, 0, 0, 0, 1, 1, 0})
	f.Fuzz(func(t *testing.T, payload []byte) {
		roundTrip(t, payload, func(b []byte) ([]Passage, error) { return decodePassages(7, b) },
			func(p *[]Passage) []byte {
				if len(*p) == 0 {
					return encodePassages([]Passage{})
				}
				return encodePassages(*p)
			})
	})
}

func FuzzChange(f *testing.F) {
	for _, c := range []Change{
		{Op: OpAdd, Document: 1, Added: Range{1, 3}},
		{Op: OpUpdate, Document: 1, Removed: Range{1, 3}, Added: Range{4, 300}},
		{Op: OpSwap},
	} {
		f.Add(c.encode())
	}
	f.Add([]byte{9, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, payload []byte) {
		roundTrip(t, payload, func(b []byte) (Change, error) { return decodeChange(7, b) }, (*Change).encode)
	})
}

func FuzzState(f *testing.F) {
	s := state{documents: 3, textBytes: 1 << 40, nextDocument: 4, nextPassage: 9, lastChange: 5, generation: 1, nextGeneration: 2}
	f.Add(s.encode())
	f.Add(bytes.Repeat([]byte{0}, 9))
	f.Fuzz(func(t *testing.T, payload []byte) {
		roundTrip(t, payload, decodeState, (*state).encode)
	})
}

func FuzzGenerationState(f *testing.F) {
	g := generationState{dimension: 384, documents: 3, passages: 1 << 20}
	f.Add(g.encode())
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 0, 0})
	f.Fuzz(func(t *testing.T, payload []byte) {
		roundTrip(t, payload, decodeGenerationState, (*generationState).encode)
	})
}

func FuzzFormat(f *testing.F) {
	f.Add(newFormat().encode())
	f.Add(append([]byte(magic), 2, 0, 0, 0))
	f.Add([]byte("bertsearch"))
	f.Fuzz(func(t *testing.T, payload []byte) {
		if _, err := decodeFormat(payload); errors.Is(err, ErrNewerFormat) {
			return
		}
		roundTrip(t, payload, decodeFormat, func(f *format) []byte { return f.encode() })
	})
}

func FuzzVector(f *testing.F) {
	f.Add(encodeVector(3, 1, []float32{1, -2}), 2)
	f.Add(encodeVector(0, 0, nil), 0)
	f.Add([]byte{1, 2, 3}, 384)
	f.Fuzz(func(t *testing.T, payload []byte, dimension int) {
		var v Vector
		if dimension < 0 || dimension > maxDimension {
			return // no generation has it
		}
		if err := decodeVector(&v, 7, dimension, payload); err != nil {
			if !errors.Is(err, ErrCorrupt) {
				t.Fatal(err)
			}
			return
		}
		if again := encodeVector(v.Document, v.Index, v.Values); !bytes.Equal(again, payload) {
			t.Fatalf("%x became %x", payload, again)
		}
	})
}

func FuzzUnseal(f *testing.F) {
	f.Add([]byte("key"), seal(tagTexts, []byte("key"), []byte("payload")))
	f.Add([]byte(""), []byte{1, 2, 3})
	f.Fuzz(func(t *testing.T, key, value []byte) {
		payload, ok := unseal(tagTexts, key, value)
		if !ok {
			return
		}
		if !bytes.Equal(seal(tagTexts, key, bytes.Clone(payload)), value) {
			t.Fatal("sealed otherwise")
		}
		if _, ok := unseal(tagFields, key, value); ok {
			t.Fatal("passes as another bucket's value")
		}
	})
}

func roundTrip[T any](t *testing.T, payload []byte, decode func([]byte) (T, error), encode func(*T) []byte) {
	t.Helper()
	v, err := decode(payload)
	if err != nil {
		if !errors.Is(err, ErrCorrupt) {
			t.Fatal(err)
		}
		return
	}
	again, err := decode(encode(&v))
	if err != nil || !reflect.DeepEqual(v, again) {
		t.Fatalf("%+v became %+v: %v", v, again, err)
	}
}
