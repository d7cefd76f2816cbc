package engine_test

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bertsearch/bertsearch/index"
	"github.com/bertsearch/bertsearch/index/engine"
)

// TestEnginesByName makes, saves and opens each engine, and refuses the
// snapshot of every other.
func TestEnginesByName(t *testing.T) {
	dir := t.TempDir()
	for _, name := range engine.Names() {
		x, err := engine.New(name, 2, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := x.Stats().Engine; got != name {
			t.Errorf("engine %q says that it is %q", name, got)
		}
		if err := x.Add([]uint32{7}, [][]float32{{0.6, 0.8}}); err != nil {
			t.Fatal(err)
		}
		if err := index.SaveFile(filepath.Join(dir, name), x, 5); err != nil {
			t.Fatal(err)
		}
		_ = x.Close()
	}
	for _, saved := range engine.Names() {
		for _, name := range engine.Names() {
			x, last, err := engine.Open(name, filepath.Join(dir, saved), 2, nil)
			if name != saved {
				if x != nil || !errors.Is(err, index.ErrCorrupt) {
					t.Errorf("%s opened as %s: %v, error %v", saved, name, x, err)
				}
				continue
			}
			if err != nil || last != 5 || x.Len() != 1 {
				t.Fatalf("%s: last change %d, error %v", name, last, err)
			}
			_ = x.Close()
		}
	}
}

func TestUnknownEngine(t *testing.T) {
	x, err := engine.New("annoy", 2, nil)
	if x != nil || err == nil || !strings.Contains(err.Error(), "hnsw") {
		t.Errorf("%v, error %v; want the names that there are", x, err)
	}
	if x, _, err := engine.Open("annoy", "absent", 2, nil); x != nil || err == nil {
		t.Errorf("%v, error %v", x, err)
	}
}

// TestNoEngineIsNil: a failed New is a nil interface, not one around a nil.
func TestNoEngineIsNil(t *testing.T) {
	for _, name := range append(slices.Clone(engine.Names()), "") {
		if x, err := engine.New(name, 0, nil); x != nil || !errors.Is(err, index.ErrDimension) {
			t.Errorf("%q: %v, error %v", name, x, err)
		}
	}
}
