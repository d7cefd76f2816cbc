package indextest

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/bertsearch/bertsearch/index"
)

func (e Engine) reopen(t *testing.T, x index.Vector, dimension int) index.Vector {
	t.Helper()
	path := filepath.Join(t.TempDir(), "vectors")
	if err := index.SaveFile(path, x, 42); err != nil {
		t.Fatal(err)
	}
	y, last, err := e.Open(path, dimension, &index.Options{Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = y.Close() })
	if last != 42 {
		t.Fatalf("the last change is %d, want 42", last)
	}
	return y
}

func testSaveAndOpen(t *testing.T, e Engine) {
	for _, count := range []int{0, 1, 255, 256, 700} {
		v := Random(source(12), count+50, dimension)
		x, m := e.empty(t), make(model)
		add(t, x, sequence(0, count), v[:count])
		for i := range count {
			m[uint32(i)] = v[i]
		}
		for i := 0; i < count; i += 3 {
			x.Delete(uint32(i))
			delete(m, uint32(i))
		}
		x = e.reopen(t, x, dimension)
		q := v[count]
		e.checkNearest(t, m, q, 10, search(t, x, q, 10, index.SearchOptions{}))
		add(t, x, sequence(count, 50), v[count:])
		for i := count; i < count+50; i++ {
			m[uint32(i)] = v[i]
		}
		x.Delete(1)
		delete(m, 1)
		e.checkNearest(t, m, q, 10, search(t, x, q, 10, index.SearchOptions{}))
		x = e.reopen(t, x, dimension)
		e.checkNearest(t, m, q, 10, search(t, x, q, 10, index.SearchOptions{}))
	}
}

func testOpenRefuses(t *testing.T, e Engine) {
	dir := t.TempDir()
	if _, _, err := e.Open(filepath.Join(dir, "absent"), dimension, nil); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("absent file: error %v", err)
	}
	empty := filepath.Join(dir, "empty")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := e.Open(empty, dimension, nil); !errors.Is(err, index.ErrCorrupt) {
		t.Errorf("empty file: error %v", err)
	}
	if _, _, err := e.Open(dir, dimension, nil); err == nil {
		t.Error("a folder was opened")
	}
	x := e.empty(t)
	add(t, x, []uint32{1}, Random(source(1), 1, dimension))
	path := filepath.Join(dir, "other")
	if err := index.SaveFile(path, x, 1); err != nil {
		t.Fatal(err)
	}
	if _, _, err := e.Open(path, dimension+1, nil); !errors.Is(err, index.ErrDimension) {
		t.Errorf("another dimension: error %v", err)
	}
}

// testDamage flips a bit of every byte of a snapshot, and cuts it short at
// every length: each is an error that says so.
func testDamage(t *testing.T, e Engine) {
	x := e.empty(t)
	add(t, x, sequence(0, 3), Random(source(13), 3, dimension))
	path := filepath.Join(t.TempDir(), "vectors")
	if err := index.SaveFile(path, x, 1); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	step := 1
	if len(whole) > 8<<10 {
		step = len(whole) / (8 << 10) // towers are mostly empty
	}
	refuse := func(what string, at int, data []byte) {
		t.Helper()
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		y, _, err := e.Open(path, dimension, nil)
		if err == nil {
			_ = y.Close()
		}
		if !errors.Is(err, index.ErrCorrupt) {
			t.Fatalf("%s at byte %d of %d: error %v", what, at, len(whole), err)
		}
	}
	for at := 0; at < len(whole); at += step {
		whole[at] ^= 1 << (at % 8)
		refuse("a flipped bit", at, whole)
		whole[at] ^= 1 << (at % 8)
		refuse("the end", at, whole[:at])
	}
	refuse("a byte more", len(whole), append(whole, 0))
}
