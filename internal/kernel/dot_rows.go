package kernel

import "unsafe"

// RowsPerBlock is the number of rows in each block of a Rows.
const RowsPerBlock = 1 << rowShift

const (
	rowShift = 8
	rowMask  = RowsPerBlock - 1

	// FloatAlign and CodeAlign are what the lengths of the vectors that
	// DotRows and DotCodes take are multiples of, so that no kernel has a
	// tail: one cache line. Shorter vectors are padded with zeros.
	FloatAlign = 16
	CodeAlign  = 64
)

// Rows addresses vectors that lie in blocks of RowsPerBlock rows, so that a
// set of vectors can grow without moving: row id is row id%RowsPerBlock of
// block id/RowsPerBlock.
type Rows struct {
	Blocks []unsafe.Pointer
	Stride int // bytes from one row to the next
	Offset int // bytes from the beginning of a row to its vector
}

// At returns the address of the vector of row id.
func (r *Rows) At(id uint32) unsafe.Pointer {
	return unsafe.Add(r.Blocks[id>>rowShift], int(id&rowMask)*r.Stride+r.Offset)
}

// dotGroup is the number of rows that an assembly kernel takes at a time. It
// needs at least as many.
const dotGroup = 4

// DotRows sets dst[i] to the dot product of q, whose length is a multiple of
// FloatAlign, and row ids[i]. A row's product has the same bits whatever the
// other ids are. While it works on some rows it prefetches the next.
func DotRows(dst, q []float32, rows *Rows, ids []uint32) {
	checkDot(len(dst), len(q), FloatAlign, rows, ids)
	if len(ids) >= dotGroup {
		dotRows(dst, q, rows, ids)
		return
	}
	if len(ids) > 0 {
		var sums [dotGroup]float32
		dotRows(sums[:], q, rows, fillGroup(ids))
		copy(dst, sums[:len(ids)])
	}
}

// DotCodes sets dst[i] to Σ q·(row−128) for row ids[i], where rows hold
// unsigned bytes and the length of q is a multiple of CodeAlign. It is exact.
func DotCodes(dst []int32, q []int8, rows *Rows, ids []uint32) {
	checkDot(len(dst), len(q), CodeAlign, rows, ids)
	var bias int32
	for _, v := range q {
		bias += int32(v)
	}
	DotCodesBiased(dst, q, 128*bias, rows, ids)
}

// DotCodesBiased is DotCodes for a caller that keeps bias, 128 times the sum
// of q, from one call to the next.
func DotCodesBiased(dst []int32, q []int8, bias int32, rows *Rows, ids []uint32) {
	checkDot(len(dst), len(q), CodeAlign, rows, ids)
	if len(ids) >= dotGroup {
		dotCodes(dst, q, bias, rows, ids)
		return
	}
	if len(ids) > 0 {
		var sums [dotGroup]int32
		dotCodes(sums[:], q, bias, rows, fillGroup(ids))
		copy(dst, sums[:len(ids)])
	}
}

// fillGroup repeats the last of fewer than dotGroup ids.
func fillGroup(ids []uint32) []uint32 {
	group := make([]uint32, dotGroup)
	copy(group, ids)
	for i := len(ids); i < dotGroup; i++ {
		group[i] = ids[len(ids)-1]
	}
	return group
}

// checkDot keeps the assembly inside its slices.
func checkDot(dst, length, align int, rows *Rows, ids []uint32) {
	if dst < len(ids) || length%align != 0 || length == 0 {
		panic("kernel: dot products of a wrong shape")
	}
	for _, id := range ids {
		_ = rows.Blocks[id>>rowShift]
	}
}

func dotRowsGeneric(dst, q []float32, rows *Rows, ids []uint32) {
	for i, id := range ids {
		dst[i] = Dot(q, unsafe.Slice((*float32)(rows.At(id)), len(q)))
	}
}

func dotCodesGeneric(dst []int32, q []int8, bias int32, rows *Rows, ids []uint32) {
	for i, id := range ids {
		sum := -bias
		for j, code := range unsafe.Slice((*uint8)(rows.At(id)), len(q)) {
			sum += int32(q[j]) * int32(code)
		}
		dst[i] = sum
	}
}
