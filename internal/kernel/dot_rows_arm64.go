//go:build !purego

package kernel

import "unsafe"

// dotRowsNEON computes the dot products of q and four rows of lines × 16
// float32, and prefetches the rows at next.
//
//go:noescape
func dotRowsNEON(dst, q unsafe.Pointer, lines int, at, next *[dotGroup]unsafe.Pointer)

// dotCodesSDOT computes the dot products of q, lines × 64 signed bytes, and four
// rows of unsigned bytes less 128, for processors that have SDOT.
//
//go:noescape
func dotCodesSDOT(dst, q unsafe.Pointer, lines int, at, next *[dotGroup]unsafe.Pointer)

// dotCodesNEON is dotCodesSDOT for all processors.
//
//go:noescape
func dotCodesNEON(dst, q unsafe.Pointer, lines int, at, next *[dotGroup]unsafe.Pointer)

// dotRows is DotRows at the active level, for at least dotGroup ids.
func dotRows(dst, q []float32, rows *Rows, ids []uint32) {
	if active != NEON {
		dotRowsGeneric(dst, q, rows, ids)
		return
	}
	at := rows.group(ids, 0)
	for from := 0; from < len(ids); from += dotGroup {
		from = min(from, len(ids)-dotGroup)
		next := rows.group(ids, from+dotGroup)
		dotRowsNEON(unsafe.Pointer(&dst[from]), unsafe.Pointer(&q[0]), len(q)/FloatAlign, &at, &next)
		at = next
	}
}

// dotCodes is DotCodesBiased at the active level, for at least dotGroup ids.
// Signed bytes are multiplied, so that there is no bias to take.
func dotCodes(dst []int32, q []int8, bias int32, rows *Rows, ids []uint32) {
	if active != NEON {
		dotCodesGeneric(dst, q, bias, rows, ids)
		return
	}
	at := rows.group(ids, 0)
	for from := 0; from < len(ids); from += dotGroup {
		from = min(from, len(ids)-dotGroup)
		next := rows.group(ids, from+dotGroup)
		if hasDotProduct { // no function value, which would take at to the heap
			dotCodesSDOT(unsafe.Pointer(&dst[from]), unsafe.Pointer(&q[0]), len(q)/CodeAlign, &at, &next)
		} else {
			dotCodesNEON(unsafe.Pointer(&dst[from]), unsafe.Pointer(&q[0]), len(q)/CodeAlign, &at, &next)
		}
		at = next
	}
}

// group returns the addresses of dotGroup rows from ids[from] on; at the end of
// ids, of the last ones.
func (r *Rows) group(ids []uint32, from int) (at [dotGroup]unsafe.Pointer) {
	ids = ids[min(from, len(ids)-dotGroup):]
	for i := range at {
		at[i] = r.At(ids[i])
	}
	return at
}
