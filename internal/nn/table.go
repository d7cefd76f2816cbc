package nn

import (
	"fmt"

	"github.com/bertsearch/bertsearch/internal/kernel"
)

// Table is an embedding matrix, rows×dim, of which single rows are read. It is
// float32, or binary16 or bytes that are used in place and converted a row at a
// time.
type Table struct {
	rows, dim int
	f32       []float32 // one of the three is set
	f16       []byte    // little endian, any alignment
	int8      []byte    // signed
	scale     []float32 // of each row of int8
}

// NewTable wraps data, rows×dim row-major.
func NewTable(data []float32, rows, dim int) (Table, error) {
	if rows <= 0 || dim <= 0 || len(data) != rows*dim {
		return Table{}, fmt.Errorf("nn: %d values are not a table of %d rows of %d", len(data), rows, dim)
	}
	return Table{rows: rows, dim: dim, f32: data}, nil
}

// NewTableF16 wraps data, rows×dim row-major as little-endian binary16.
func NewTableF16(data []byte, rows, dim int) (Table, error) {
	if rows <= 0 || dim <= 0 || len(data) != 2*rows*dim {
		return Table{}, fmt.Errorf("nn: %d bytes are not a binary16 table of %d rows of %d", len(data), rows, dim)
	}
	return Table{rows: rows, dim: dim, f16: data}, nil
}

// NewTableInt8 wraps data, rows×dim row-major as signed bytes, with a scale for
// each row.
func NewTableInt8(data []byte, scale []float32, rows, dim int) (Table, error) {
	if rows <= 0 || dim <= 0 || len(data) != rows*dim || len(scale) != rows {
		return Table{}, fmt.Errorf("nn: %d bytes and %d scales are not a table of %d rows of %d", len(data), len(scale), rows, dim)
	}
	return Table{rows: rows, dim: dim, int8: data, scale: scale}, nil
}

// Rows is the number of rows.
func (t Table) Rows() int { return t.rows }

// Dim is the number of values in a row.
func (t Table) Dim() int { return t.dim }

// Row writes row i, which is below Rows, to dst, dim values.
func (t Table) Row(dst []float32, i int) {
	switch {
	case t.f16 != nil:
		kernel.DecodeF16(dst, t.f16[2*i*t.dim:2*(i+1)*t.dim])
		return
	case t.int8 != nil:
		kernel.WidenInt8(dst, t.int8[i*t.dim:(i+1)*t.dim], t.scale[i])
		return
	}
	copy(dst, t.f32[i*t.dim:(i+1)*t.dim])
}

// AddRow adds row i to dst, dim values; scratch holds dim values.
func (t Table) AddRow(dst, scratch []float32, i int) {
	if t.f32 == nil {
		t.Row(scratch, i)
		kernel.Add(dst, scratch[:t.dim])
		return
	}
	kernel.Add(dst, t.f32[i*t.dim:(i+1)*t.dim])
}
