package hnsw

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/bertsearch/bertsearch/index"
	"github.com/bertsearch/bertsearch/index/indextest"
	"github.com/bertsearch/bertsearch/index/snapshot"
)

// small returns an index of a few hundred vectors with towers.
func small(t testing.TB, count, dimension int) (*Index, [][]float32) {
	t.Helper()
	x, err := New(dimension, &index.Options{M: 4, Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	v := indextest.Random(rand.New(rand.NewPCG(1, 2)), count, dimension)
	labels := make([]uint32, count)
	for i := range labels {
		labels[i] = uint32(3 * i)
	}
	if err := x.Add(labels, v); err != nil {
		t.Fatal(err)
	}
	return x, v
}

// TestFileCutShortWhileOpen changes and searches an index whose snapshot is
// taken away: errors, and no crash.
func TestFileCutShortWhileOpen(t *testing.T) {
	x, v := small(t, 2000, 16)
	path := filepath.Join(t.TempDir(), "vectors")
	if err := index.SaveFile(path, x, 1); err != nil {
		t.Fatal(err)
	}
	y, _, err := Open(path, 16, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = y.Close() }()
	if y.Stats().Mapped == 0 {
		t.Skip("this system does not map files")
	}
	if err := os.Truncate(path, 100); err != nil {
		t.Fatal(err)
	}
	if _, err := y.Search(v[0], 5, index.SearchOptions{}); !errors.Is(err, index.ErrCorrupt) {
		t.Errorf("search: error %v", err)
	}
	if err := y.Add([]uint32{1}, v[:1]); !errors.Is(err, index.ErrCorrupt) {
		t.Errorf("add: error %v", err)
	}
	y.Delete(0, 3, 6)
	if err := y.Save(io.Discard, 2); !errors.Is(err, index.ErrCorrupt) {
		t.Errorf("save: error %v", err)
	}
}

func TestClosed(t *testing.T) {
	x, v := small(t, 500, 16)
	path := filepath.Join(t.TempDir(), "vectors")
	if err := index.SaveFile(path, x, 1); err != nil {
		t.Fatal(err)
	}
	y, _, err := Open(path, 16, nil)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := y.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := y.Search(v[0], 5, index.SearchOptions{}); !errors.Is(err, index.ErrClosed) {
		t.Errorf("search: error %v", err)
	}
	if err := y.Add([]uint32{1}, v[:1]); !errors.Is(err, index.ErrClosed) {
		t.Errorf("add: error %v", err)
	}
	y.Delete(3)
}

// TestDamagedVectorsOfALargeFile finds damage that Open leaves for later.
func TestDamagedVectorsOfALargeFile(t *testing.T) {
	const dimension = 4096
	x, v := small(t, verifyAtOnce/4/dimension+100, dimension)
	path := filepath.Join(t.TempDir(), "vectors")
	if err := index.SaveFile(path, x, 1); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)-verifyAtOnce/2] ^= 1
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	y, _, err := Open(path, dimension, &index.Options{EfSearch: 5})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = y.Close() }()
	failed := 0
	for _, q := range v {
		_, err := y.Search(q, 1, index.SearchOptions{})
		if err != nil && !errors.Is(err, index.ErrCorrupt) {
			t.Fatal(err)
		}
		if err != nil {
			failed++
		}
	}
	if failed == 0 || failed == len(v) {
		t.Errorf("%d of %d searches met the damage", failed, len(v))
	}
	if err := snapshot.Verify(path); !errors.Is(err, index.ErrCorrupt) {
		t.Errorf("verify: error %v", err)
	}
}

// TestDamagedNodesOfALargeFile flips a bit of a node in a file that is verified
// in the background: a search at once answers as the sound file does or fails,
// and later every use of the index fails.
func TestDamagedNodesOfALargeFile(t *testing.T) {
	const dimension = 4096
	x, v := small(t, verifyAtOnce/4/dimension+100, dimension)
	path := filepath.Join(t.TempDir(), "vectors")
	if err := index.SaveFile(path, x, 1); err != nil {
		t.Fatal(err)
	}
	f, err := snapshot.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	nodes, err := f.Section(nodeSection, f.SectionSize(nodeSection))
	if err != nil {
		t.Fatal(err)
	}
	place := bytes.Index(data, nodes)
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	for i := range 8 {
		at := place + i*(len(nodes)-1)/7
		data[at] ^= 1 << i
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		data[at] ^= 1 << i
		checkDamaged(t, path, x, v)
	}
}

func checkDamaged(t *testing.T, path string, sound *Index, v [][]float32) {
	t.Helper()
	y, _, err := Open(path, len(v[0]), nil)
	if errors.Is(err, index.ErrCorrupt) {
		return // the background was fast
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = y.Close() }()
	o := index.SearchOptions{Ef: 20}
	for _, q := range v[:20] {
		got, err := y.Search(q, 1, o)
		want, _ := sound.Search(q, 1, o)
		if err == nil && !slices.Equal(got, want) || err != nil && !errors.Is(err, index.ErrCorrupt) {
			t.Fatalf("got %v, error %v, want %v", got, err, want)
		}
	}
	y.trust.wait()
	if _, err := y.Search(v[0], 1, o); !errors.Is(err, index.ErrCorrupt) {
		t.Errorf("search: error %v", err)
	}
	if err := y.Add([]uint32{1}, v[:1]); !errors.Is(err, index.ErrCorrupt) {
		t.Errorf("add: error %v", err)
	}
	if err := y.Save(io.Discard, 2); !errors.Is(err, index.ErrCorrupt) {
		t.Errorf("save: error %v", err)
	}
}

// TestWhileWritingAndVerifying searches, changes and closes an index from
// several goroutines as soon as it is open.
func TestWhileWritingAndVerifying(t *testing.T) {
	const dimension = 4096
	x, v := small(t, verifyAtOnce/4/dimension+100, dimension)
	path := filepath.Join(t.TempDir(), "vectors")
	if err := index.SaveFile(path, x, 1); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		y, _, err := Open(path, dimension, &index.Options{ScratchDir: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		var group errgroup.Group
		for i := range 2 {
			group.Go(func() error {
				_, err := y.Search(v[i], 5, index.SearchOptions{})
				return err
			})
			group.Go(func() error { return y.Add([]uint32{uint32(3 * i)}, v[i:i+1]) })
		}
		if err := group.Wait(); err != nil {
			t.Error(err)
		}
		if err := y.Close(); err != nil {
			t.Error(err)
		}
		if y, _, err = Open(path, dimension, nil); err != nil {
			t.Fatal(err)
		}
		if err := y.Close(); err != nil { // with the background at work
			t.Error(err)
		}
	}
}

// sectionNames are those of a snapshot.
var sectionNames = []string{"settings", "towers", "heads", "table", "nodes", "vectors"}

// FuzzOpen changes one number of a good snapshot, seals it with correct
// checksums, and does everything with what opens.
func FuzzOpen(f *testing.F) {
	x, v := small(f, 60, 8)
	var good bytes.Buffer
	if err := x.Save(&good, 1); err != nil {
		f.Fatal(err)
	}
	for section := range sectionNames {
		f.Add(uint8(section), uint32(0), uint32(0))
		f.Add(uint8(section), uint32(5), uint32(61))
		f.Add(uint8(section), uint32(16), ^uint32(0))
		f.Add(uint8(section), uint32(20), uint32(1)<<31)
	}
	f.Fuzz(func(t *testing.T, section uint8, at, value uint32) {
		file := changed(t, good.Bytes(), int(section)%len(sectionNames), at, value)
		y, err := load(file, 8, nil)
		if err != nil {
			return
		}
		for _, q := range v[:5] {
			if _, err := y.Search(q, 3, index.SearchOptions{Ef: 4}); err != nil {
				t.Fatal(err)
			}
		}
		y.Delete(0, 3, 6, 9)
		if err := y.Add([]uint32{1, 3}, v[:2]); err != nil {
			t.Fatal(err)
		}
		y.repairAll()
		if _, err := y.Search(v[7], 100, index.SearchOptions{}); err != nil {
			t.Fatal(err)
		}
	})
}

func changed(t *testing.T, data []byte, section int, at, value uint32) *snapshot.File {
	t.Helper()
	f, err := snapshot.Parse(bytes.Clone(data))
	if err != nil {
		t.Fatal(err)
	}
	var sections []snapshot.Section
	for i, name := range sectionNames {
		part, err := f.Section(name, f.SectionSize(name))
		if err != nil {
			t.Fatal(err)
		}
		if i == section {
			binary.NativeEndian.PutUint32(part[int(at)%(len(part)/4)*4:], value)
		}
		sections = append(sections, snapshot.Section{Name: name, Size: int64(len(part)), Write: func(w io.Writer) error {
			_, err := w.Write(part)
			return err
		}})
	}
	var b bytes.Buffer
	if err := snapshot.Write(&b, f.Header, sections); err != nil {
		t.Fatal(err)
	}
	if f, err = snapshot.Parse(b.Bytes()); err != nil {
		t.Fatal(err)
	}
	return f
}
