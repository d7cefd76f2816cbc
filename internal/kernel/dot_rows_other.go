//go:build purego || (!amd64 && !arm64)

package kernel

func dotRows(dst, q []float32, rows *Rows, ids []uint32) { dotRowsGeneric(dst, q, rows, ids) }

func dotCodes(dst []int32, q []int8, bias int32, rows *Rows, ids []uint32) {
	dotCodesGeneric(dst, q, bias, rows, ids)
}
