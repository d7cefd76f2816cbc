package keyword

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// openTest opens the index in dir and closes it with the test.
func openTest(t testing.TB, dir string, options *Options) *Index {
	t.Helper()
	x, err := Open(dir, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = x.Close() })
	return x
}

func mustApply(t testing.TB, x *Index, puts []Doc, deletes []uint32, change uint64) {
	t.Helper()
	if err := x.Apply(puts, deletes, change); err != nil {
		t.Fatal(err)
	}
}

func mustClose(t testing.TB, x *Index) {
	t.Helper()
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
}

func mustSearch(t testing.TB, x *Index, query string, k int) []Match {
	t.Helper()
	m, err := x.Search(t.Context(), query, k, nil)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func numbers(matches []Match) []uint32 {
	out := make([]uint32, len(matches))
	for i, m := range matches {
		out[i] = m.Number
	}
	return out
}

// found returns the numbers of the documents that match, in order.
func found(t testing.TB, x *Index, query string) []uint32 {
	t.Helper()
	n := numbers(mustSearch(t, x, query, 1<<20))
	slices.Sort(n)
	return n
}

// copyDir copies the files of a folder, as they lie there at the moment.
func copyDir(t testing.TB, from string) string {
	t.Helper()
	to := t.TempDir()
	entries, err := os.ReadDir(from)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(from, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(to, e.Name()), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return to
}
