package snapshot

import "unsafe"

// Number is what a section can be made of.
type Number interface {
	~uint8 | ~uint32 | ~uint64 | ~float32
}

// Slice views the bytes of a section as numbers, without a copy. Sections
// begin at multiples of Align in a buffer that is itself aligned.
func Slice[T Number](b []byte) []T {
	var zero T
	if len(b) < int(unsafe.Sizeof(zero)) {
		return nil
	}
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/int(unsafe.Sizeof(zero)))
}

// Bytes views numbers as the bytes that a section is made of.
func Bytes[T Number](s []T) []byte {
	var zero T
	if len(s) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(s))), len(s)*int(unsafe.Sizeof(zero)))
}
