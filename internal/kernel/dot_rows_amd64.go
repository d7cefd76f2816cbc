//go:build !purego

package kernel

import "unsafe"

// dotRows is DotRows at the active level, for at least dotGroup ids.
func dotRows(dst, q []float32, rows *Rows, ids []uint32) {
	at, bytes := (*byte)(unsafe.Pointer(unsafe.SliceData(rows.Blocks))), 4*len(q)
	stride, offset := rows.Stride, rows.Offset
	switch {
	case active >= AVX512:
		dotRowsAVX512(&dst[0], &q[0], bytes, at, stride, offset, &ids[0], len(ids))
	case active == AVX2:
		dotRowsAVX2(&dst[0], &q[0], bytes, at, stride, offset, &ids[0], len(ids))
	default:
		dotRowsGeneric(dst, q, rows, ids)
	}
}

// dotCodes is DotCodesBiased at the active level, for at least dotGroup ids.
func dotCodes(dst []int32, q []int8, bias int32, rows *Rows, ids []uint32) {
	at, bytes := (*byte)(unsafe.Pointer(unsafe.SliceData(rows.Blocks))), len(q)
	stride, offset := rows.Stride, rows.Offset
	switch {
	case active >= AVX512VNNI:
		dotCodesVNNI(&dst[0], &q[0], bytes, at, stride, offset, &ids[0], len(ids), bias)
	case active >= AVX2:
		dotCodesAVX2(&dst[0], &q[0], bytes, at, stride, offset, &ids[0], len(ids), bias)
	default:
		dotCodesGeneric(dst, q, bias, rows, ids)
	}
}
