//go:build unix

package snapshot

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// load maps the file at path. Writes to the bytes stay in memory
// (MAP_PRIVATE), so that an index can change what it has mapped.
func load(path string) (data []byte, mapped int64, release func() error, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, nil, err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return nil, 0, nil, err
	}
	if !info.Mode().IsRegular() || info.Size() == 0 || int64(int(info.Size())) != info.Size() {
		return nil, 0, nil, fmt.Errorf("%s: %w", path, corrupt("it is no file of a usable size"))
	}
	size := int(info.Size())
	data, err = unix.Mmap(int(f.Fd()), 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE)
	if err != nil {
		return nil, 0, nil, fmt.Errorf("map %s: %w", path, err)
	}
	return data, int64(size), func() error { return unix.Munmap(data) }, nil
}
