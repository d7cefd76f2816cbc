package safetensors

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/bertsearch/bertsearch/internal/kernel"
)

// DType names the element type of a tensor as the file writes it.
type DType string

// The element types that can be read as float32. Tensors of other types are
// listed and checked but not converted. What a quantised I8 tensor stands for is
// up to a scale beside it: as float32 it is whole numbers.
const (
	F64  DType = "F64"
	F32  DType = "F32"
	F16  DType = "F16"
	BF16 DType = "BF16"
	I8   DType = "I8"
)

// sizes holds the bytes of one element of every type of whole bytes that the
// format defines.
var sizes = map[DType]int64{
	"BOOL": 1, "U8": 1, I8: 1, "F8_E5M2": 1, "F8_E4M3": 1, "F8_E8M0": 1,
	"I16": 2, "U16": 2, F16: 2, BF16: 2,
	"I32": 4, "U32": 4, F32: 4,
	"I64": 8, "U64": 8, F64: 8, "C64": 8,
}

// decode converts the little-endian elements of src to float32. len(src) is
// len(dst) elements of type d.
func decode(dst []float32, src []byte, d DType) error {
	switch d {
	case F32:
		for i := range dst {
			dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(src[4*i:]))
		}
	case F16:
		kernel.DecodeF16(dst, src)
	case BF16:
		kernel.DecodeBF16(dst, src)
	case F64:
		for i := range dst {
			dst[i] = float32(math.Float64frombits(binary.LittleEndian.Uint64(src[8*i:])))
		}
	case I8:
		for i := range dst {
			dst[i] = float32(int8(src[i]))
		}
	default:
		return fmt.Errorf("element type %s is none that can be read as numbers (F64, F32, F16, BF16, I8)", d)
	}
	return nil
}
