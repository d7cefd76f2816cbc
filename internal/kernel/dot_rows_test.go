package kernel

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"unsafe"
)

// floatRows returns n random rows of d numbers, with offset bytes before each,
// and the rows themselves.
func floatRows(r *rand.Rand, n, d, offset int) (*Rows, [][]float32) {
	rows := &Rows{Stride: offset + 4*d, Offset: offset}
	var all [][]float32
	for len(all) < n {
		block := make([]float32, RowsPerBlock*rows.Stride/4)
		rows.Blocks = append(rows.Blocks, unsafe.Pointer(&block[0]))
		for i := range RowsPerBlock {
			row := block[(i*rows.Stride+offset)/4:][:d]
			copy(row, random(r, d))
			all = append(all, row)
		}
	}
	return rows, all
}

// codeRows is floatRows for codes of all values.
func codeRows(r *rand.Rand, n, d, offset int) (*Rows, [][]uint8) {
	rows := &Rows{Stride: offset + d, Offset: offset}
	var all [][]uint8
	for len(all) < n {
		block := make([]uint8, RowsPerBlock*rows.Stride)
		rows.Blocks = append(rows.Blocks, unsafe.Pointer(&block[0]))
		for i := range RowsPerBlock {
			row := block[i*rows.Stride+offset:][:d]
			for j := range row {
				row[j] = uint8(r.Uint32())
			}
			all = append(all, row)
		}
	}
	return rows, all
}

func randomIDs(r *rand.Rand, count, n int) []uint32 {
	ids := make([]uint32, count)
	for i := range ids {
		ids[i] = uint32(r.IntN(n))
	}
	return ids
}

func TestDotRows(t *testing.T) {
	r := source()
	for _, d := range []int{16, 48, 384, 1024} {
		rows, all := floatRows(r, 600, d, 64)
		q := random(r, d)
		for _, count := range []int{0, 1, 2, 3, 4, 5, 7, 8, 31, 200} {
			ids := randomIDs(r, count, len(all))
			eachLevel(t, func(t *testing.T) {
				got := make([]float32, count+1)
				got[count] = 7
				DotRows(got, q, rows, ids)
				for i, id := range ids {
					var want, size float64
					for j, v := range q {
						p := float64(v) * float64(all[id][j])
						want, size = want+p, size+math.Abs(p)
					}
					if math.Abs(float64(got[i])-want) > 1e-6*size {
						t.Fatalf("d %d: product %d of %d is %g, want %g", d, i, count, got[i], want)
					}
				}
				if got[count] != 7 {
					t.Fatalf("d %d, %d ids: wrote past the end", d, count)
				}
			})
		}
	}
}

func TestDotRowsHasTheSameBitsInAnyCompany(t *testing.T) {
	r := source()
	rows, all := floatRows(r, 300, 384, 0)
	q, ids := random(r, 384), randomIDs(r, 57, len(all))
	eachLevel(t, func(t *testing.T) {
		together := make([]float32, len(ids))
		DotRows(together, q, rows, ids)
		alone := make([]float32, len(ids))
		for i := range ids {
			DotRows(alone[i:], q, rows, ids[i:i+1])
		}
		if !slices.Equal(together, alone) {
			t.Fatal("a row alone and in a batch differ")
		}
	})
}

func TestDotCodes(t *testing.T) {
	r := source()
	for _, d := range []int{64, 384, 1024} {
		rows, all := codeRows(r, 600, d, 128)
		q := make([]int8, d)
		for i := range q {
			q[i] = int8(r.Uint32())
		}
		for _, count := range []int{0, 1, 3, 4, 5, 6, 33} {
			ids := randomIDs(r, count, len(all))
			eachLevel(t, func(t *testing.T) {
				got := make([]int32, count)
				DotCodes(got, q, rows, ids)
				for i, id := range ids {
					var want int32
					for j, v := range q {
						want += int32(v) * (int32(all[id][j]) - 128)
					}
					if got[i] != want {
						t.Fatalf("d %d: product %d of %d is %d, want %d", d, i, count, got[i], want)
					}
				}
			})
		}
	}
}

func TestDotRowsRefusesWrongShapes(t *testing.T) {
	rows, _ := floatRows(source(), 1, 16, 0)
	for name, call := range map[string]func(){
		"short dst":    func() { DotRows(nil, make([]float32, 16), rows, []uint32{0}) },
		"odd length":   func() { DotRows(make([]float32, 1), make([]float32, 15), rows, []uint32{0}) },
		"unknown row":  func() { DotRows(make([]float32, 1), make([]float32, 16), rows, []uint32{RowsPerBlock}) },
		"empty vector": func() { DotCodes(make([]int32, 1), nil, rows, []uint32{0}) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("it did not panic")
				}
			}()
			call()
		})
	}
}

func BenchmarkDotRows(b *testing.B) {
	r := source()
	rows, all := floatRows(r, 50_000, 384, 0)
	q, ids := random(r, 384), randomIDs(r, 1<<14, len(all))
	dst := make([]float32, 16)
	b.SetBytes(16 * 4 * 384)
	for i := 0; b.Loop(); i++ {
		at := i % (len(ids) / 16) * 16
		DotRows(dst, q, rows, ids[at:at+16])
	}
}

func BenchmarkDotCodes(b *testing.B) {
	r := source()
	rows, all := codeRows(r, 200_000, 384, 128)
	q, ids := make([]int8, 384), randomIDs(r, 1<<14, len(all))
	dst := make([]int32, 16)
	b.SetBytes(16 * 384)
	for i := 0; b.Loop(); i++ {
		at := i % (len(ids) / 16) * 16
		DotCodes(dst, q, rows, ids[at:at+16])
	}
}
