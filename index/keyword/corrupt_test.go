package keyword

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// closedIndex returns the folder of an index of several segments, with what it
// finds for "common".
func closedIndex(t testing.TB) (string, []Match) {
	t.Helper()
	dir := t.TempDir()
	x := openTest(t, dir, nil)
	for i := range uint32(6) {
		var docs []Doc
		for j := range uint32(20) {
			docs = append(docs, Doc{i*20 + j, fmt.Sprintf("title %d", j), fmt.Sprintf("common words and word%d of %d", i*20+j, j)})
		}
		mustApply(t, x, docs, []uint32{i}, uint64(i+1))
	}
	want := mustSearch(t, x, "common word7", 1000)
	mustClose(t, x)
	return dir, want
}

// use does everything with an index that reads its files.
func use(t testing.TB, dir string, o *Options) ([]Match, error) {
	t.Helper()
	x, err := Open(dir, o)
	if err != nil {
		return nil, err
	}
	defer func() { _ = x.Close() }()
	matches, err := x.Search(t.Context(), "common word7", 1000, nil)
	if err == nil && (o == nil || !o.ReadOnly) {
		err = x.Apply([]Doc{{999, "", "new"}}, []uint32{50}, 9)
	}
	return matches, err
}

func files(t testing.TB, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// Any changed bit or lost end of any file of a closed index is an error that
// says so, for writers and for readers.
func TestDamageAfterACleanClose(t *testing.T) {
	dir, _ := closedIndex(t)
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 0))
	for _, file := range files(t, dir) {
		for round := range 9 {
			at := copyDir(t, dir)
			what := damage(t, r, filepath.Join(at, file), round)
			for _, o := range []*Options{{ReadOnly: true}, nil} {
				if _, err := use(t, at, o); !errors.Is(err, ErrCorrupt) {
					t.Fatalf("seed %d: %s of %s: %v", seed, what, file, err)
				}
			}
			if err := Destroy(at); err != nil {
				t.Fatal(err)
			}
			if _, err := use(t, at, nil); err != nil {
				t.Fatalf("rebuild after damage: %v", err)
			}
		}
	}
}

// damage flips a bit or cuts the file, and says which.
func damage(t testing.TB, r *rand.Rand, path string, round int) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var what string
	if i := r.IntN(len(data)); round%3 > 0 {
		what = fmt.Sprintf("bit %d of byte %d", i%8, i)
		data[i] ^= 1 << (i % 8)
	} else {
		if round == 0 {
			i = 0
		}
		what = fmt.Sprintf("cut to %d bytes", i)
		data = data[:i]
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return what
}

// After a crash there is no sum file. Damage may then go unseen in parts that
// no longer count, but it never crashes the process and never gives a document
// that was not there; whatever opens takes new documents.
func TestDamageAfterACrash(t *testing.T) {
	dir, want := closedIndex(t)
	if err := os.Remove(filepath.Join(dir, sumFile)); err != nil {
		t.Fatal(err)
	}
	if got, err := use(t, copyDir(t, dir), nil); err != nil || !slices.Equal(got, want) {
		t.Fatalf("undamaged: %v, %d matches", err, len(got))
	}
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 0))
	opened := 0
	for _, file := range files(t, dir) {
		for round := range 20 {
			at := copyDir(t, dir)
			what := damage(t, r, filepath.Join(at, file), round)
			got, err := use(t, at, &Options{ReadOnly: round%2 == 0})
			if err != nil {
				continue
			}
			opened++
			if len(got) > 0 && !slices.Equal(got, want) {
				t.Errorf("seed %d: %s of %s goes unseen: %d matches, want %d", seed, what, file, len(got), len(want))
			}
		}
	}
	t.Logf("%d damaged copies opened", opened)
}

func TestMissingFiles(t *testing.T) {
	dir, _ := closedIndex(t)
	for _, file := range files(t, dir) {
		if file == sumFile {
			continue
		}
		at := copyDir(t, dir)
		if err := os.Remove(filepath.Join(at, file)); err != nil {
			t.Fatal(err)
		}
		if _, err := use(t, at, nil); !errors.Is(err, ErrCorrupt) {
			t.Errorf("without %s: %v", file, err)
		}
	}
}

func FuzzParseSums(f *testing.F) {
	f.Add(sums{{rootFile, 65536, 7}, {"000000000002.zap", 12, 0xffffffff}}.encode())
	f.Add([]byte(sumHeader + "end 00000000\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		list, err := parseSums(data)
		if err != nil {
			if !errors.Is(err, ErrCorrupt) {
				t.Fatal(err)
			}
			return
		}
		again, err := parseSums(list.encode())
		if err != nil || !slices.Equal(again, list) {
			t.Fatalf("%v became %v (%v)", list, again, err)
		}
	})
}

func FuzzParseState(f *testing.F) {
	f.Add(state{LastChange: 7, Tokens: 9, Language: "en"}.bytes())
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := parseState(data)
		if err == nil && string(s.bytes()) != string(data) {
			t.Fatalf("%x reads as %+v", data, s)
		}
	})
}
