package snapshot

import "unsafe"

// Number is what a section can be made of.
type Number interface {
	~uint32 | ~uint64
}

// Bytes views numbers as the bytes that a section is made of.
func Bytes[T Number](s []T) []byte {
	var zero T
	if len(s) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(s))), len(s)*int(unsafe.Sizeof(zero)))
}
