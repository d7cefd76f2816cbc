package bench

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/bertsearch/bertsearch/index/engine"
	"github.com/bertsearch/bertsearch/index/indextest"
)

func TestRun(t *testing.T) {
	all := indextest.Clustered(rand.New(rand.NewPCG(1, 2)), 1550, 32, 20)
	var rows []Row
	s := Settings{Base: all[:1500], Queries: all[1500:], Engines: []string{engine.HNSW, engine.Flat}, Efforts: []int{10, 400}}
	err := Run(context.Background(), s, func(r Row) error {
		rows = append(rows, r)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 3 {
		t.Fatalf("%d rows, want two of hnsw and one of flat", len(rows))
	}
	for name, rows := range map[string][]Row{engine.HNSW: rows[:2], engine.Flat: rows[2:]} {
		last := rows[len(rows)-1]
		if last.Engine != name || last.N != 1500 || last.Dimension != 32 || last.QPS1T <= 0 || last.QPS <= 0 || last.BytesPerVector < 4*32 {
			t.Errorf("%s: %+v", name, last)
		}
		if last.Recall10 < 0.999 || rows[0].Recall10 > last.Recall10 {
			t.Errorf("%s: recall %.4f, then %.4f", name, rows[0].Recall10, last.Recall10)
		}
	}
}

func TestRunStops(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	v := indextest.Random(rand.New(rand.NewPCG(1, 2)), 10, 8)
	if err := Run(ctx, Settings{Base: v, Queries: v}, func(Row) error { return nil }); err == nil {
		t.Error("a cancelled run went on")
	}
	if err := Run(context.Background(), Settings{}, nil); err == nil {
		t.Error("a run without vectors went on")
	}
}

// npy is two vectors of two numbers as numpy.save writes them.
func npy(header string, numbers ...float32) []byte {
	var b bytes.Buffer
	b.WriteString("\x93NUMPY\x01\x00")
	_ = binary.Write(&b, binary.LittleEndian, uint16(len(header)))
	b.WriteString(header)
	_ = binary.Write(&b, binary.LittleEndian, numbers)
	return b.Bytes()
}

const goodHeader = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }\n"

func fvecs(vectors ...[]float32) []byte {
	var b bytes.Buffer
	for _, v := range vectors {
		_ = binary.Write(&b, binary.LittleEndian, int32(len(v)))
		_ = binary.Write(&b, binary.LittleEndian, v)
	}
	return b.Bytes()
}

func TestReadVectors(t *testing.T) {
	const want = "[[0.6 0.8] [0 0]]"
	for _, c := range []struct {
		name string
		data []byte
		ok   bool
	}{
		{"good.npy", npy(goodHeader, 3, 4, 0, 0), true},
		{"good.fvecs", fvecs([]float32{3, 4}, []float32{0, 0}), true},
		{"short.npy", npy(goodHeader, 3, 4, 0), false},
		{"double.npy", npy("{'descr': '<f8', 'fortran_order': False, 'shape': (2, 2), }", 3), false},
		{"flat.npy", npy("{'descr': '<f4', 'fortran_order': False, 'shape': (4,), }", 3, 4, 0, 0), false},
		{"huge.npy", npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 999999999), }", 3), false},
		{"text.npy", []byte("not a NumPy file at all"), false},
		{"mixed.fvecs", fvecs([]float32{3, 4}, []float32{1}), false},
		{"short.fvecs", fvecs([]float32{3, 4})[:9], false},
		{"negative.fvecs", []byte{255, 255, 255, 255}, false},
		{"vectors.txt", []byte("1 2 3"), false},
	} {
		path := filepath.Join(t.TempDir(), c.name)
		if err := os.WriteFile(path, c.data, 0o600); err != nil {
			t.Fatal(err)
		}
		v, err := ReadVectors(path)
		if (err == nil) != c.ok {
			t.Errorf("%s: error %v", c.name, err)
		}
		if got := fmt.Sprint(v); c.ok && got != want {
			t.Errorf("%s: %s, want %s", c.name, got, want)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(npy(goodHeader, 3, 4, 0, 0))
	f.Add(fvecs([]float32{3, 4}, []float32{0, 0}))
	f.Fuzz(func(t *testing.T, data []byte) {
		for name, read := range map[string]func([]byte) ([][]float32, error){
			"npy":   func(b []byte) ([][]float32, error) { return readNPY(bytes.NewReader(b)) },
			"fvecs": func(b []byte) ([][]float32, error) { return readFvecs(bytes.NewReader(b)) },
		} {
			v, err := read(data)
			for _, x := range v {
				if err == nil && len(x) != len(v[0]) {
					t.Errorf("%s: vectors of %d and %d numbers", name, len(v[0]), len(x))
				}
			}
		}
	})
}
