//go:build unix

package rows

import (
	"os"

	"golang.org/x/sys/unix"
)

const canMap = true

// mapShared maps part of a file; what is written there goes to the file.
func mapShared(f *os.File, offset int64, size int) ([]byte, error) {
	return unix.Mmap(int(f.Fd()), offset, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
}

func unmap(data []byte) error { return unix.Munmap(data) }
