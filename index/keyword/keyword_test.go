package keyword

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

var bread = []Doc{
	{1, "Keys", "Rotate the signing keys every ninety days."},
	{2, "Brot", "Das Brot ist frisch gebacken."},
	{3, "Bread", "How to bake sourdough bread at home."},
}

func TestStemsAndTitles(t *testing.T) {
	x := openTest(t, t.TempDir(), nil)
	mustApply(t, x, bread, nil, 7)
	for query, want := range map[string][]uint32{
		"rotating key":   {1},
		"breads":         {3},
		"KEYS sourdough": {1, 3},
		"the":            {},
		"":               {},
		`+bread -"x" (*`: {3},
	} {
		if got := found(t, x, query); !slices.Equal(got, want) {
			t.Errorf("%q finds %v, want %v", query, got, want)
		}
	}
}

func TestReopen(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "keyword")
	x := openTest(t, dir, &Options{Language: "de"})
	mustApply(t, x, bread, nil, 7)
	want := mustSearch(t, x, "gebackenes Brot", 5)
	mustClose(t, x)
	for _, o := range []*Options{nil, {ReadOnly: true}, {Language: "de"}} {
		x = openTest(t, dir, o)
		if n, err := x.Count(); n != 3 || err != nil || x.LastChange() != 7 || x.Language() != "de" {
			t.Errorf("reopened with %v: %d documents (%v), change %d, language %s", o, n, err, x.LastChange(), x.Language())
		}
		if got := mustSearch(t, x, "gebackenes Brot", 5); !slices.Equal(got, want) || len(got) != 1 {
			t.Errorf("reopened with %v: %v, want %v", o, got, want)
		}
		mustClose(t, x)
	}
	if _, err := Open(dir, &Options{Language: "en"}); !errors.Is(err, ErrLanguage) {
		t.Errorf("another language: %v", err)
	}
	if _, err := Open(t.TempDir(), &Options{Language: "tlh"}); err == nil {
		t.Error("an unknown language opens")
	}
}

func TestClosedAndReadOnly(t *testing.T) {
	dir := t.TempDir()
	if _, err := Open(dir, &Options{ReadOnly: true}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("read-only where nothing is: %v", err)
	}
	x := openTest(t, dir, nil)
	mustApply(t, x, bread, nil, 1)
	if _, err := Open(dir, nil); !errors.Is(err, ErrLocked) {
		t.Errorf("second writer: %v", err)
	}
	if _, err := Open(dir, &Options{ReadOnly: true}); !errors.Is(err, ErrLocked) {
		t.Errorf("reader beside a writer: %v", err)
	}
	mustClose(t, x)
	mustClose(t, x)
	if _, err := x.Search(t.Context(), "bread", 1, nil); !errors.Is(err, ErrClosed) {
		t.Errorf("search after close: %v", err)
	}
	if err := x.Apply(bread, nil, 2); !errors.Is(err, ErrClosed) {
		t.Errorf("apply after close: %v", err)
	}
	a, b := openTest(t, dir, &Options{ReadOnly: true}), openTest(t, dir, &Options{ReadOnly: true})
	if err := a.Apply(bread, nil, 2); !errors.Is(err, ErrReadOnly) {
		t.Errorf("apply to a read-only index: %v", err)
	}
	if got := found(t, b, "bread"); !slices.Equal(got, []uint32{3}) {
		t.Errorf("second reader finds %v", got)
	}
}

func TestDestroyLeavesOtherFiles(t *testing.T) {
	dir := t.TempDir()
	x := openTest(t, dir, nil)
	mustApply(t, x, bread, nil, 1)
	if n, err := x.Bytes(); err != nil || n == 0 {
		t.Errorf("%d bytes, %v", n, err)
	}
	mustClose(t, x)
	other := filepath.Join(dir, "notes.txt")
	if err := os.WriteFile(other, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Destroy(dir); err != nil {
		t.Fatal(err)
	}
	entries, _ := os.ReadDir(dir)
	if len(entries) != 1 || entries[0].Name() != "notes.txt" {
		t.Errorf("left %v", entries)
	}
	x = openTest(t, dir, nil)
	if n, _ := x.Count(); n != 0 || x.LastChange() != 0 {
		t.Errorf("after Destroy: %d documents, change %d", n, x.LastChange())
	}
	if err := Destroy(filepath.Join(dir, "none")); err != nil {
		t.Error(err)
	}
}
