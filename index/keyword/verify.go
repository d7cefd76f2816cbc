package keyword

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// The files of an index: scorch's root.bolt, which names the segments that
// count, its segments, and our sum file.
const (
	rootFile      = "root.bolt"
	segmentSuffix = ".zap"
	sumFile       = "sum"
)

// isOurs says whether a file of that name belongs to an index.
func isOurs(file string) bool {
	return file == rootFile || file == salvageFile || file == sumFile || file == sumFile+".new" ||
		strings.HasSuffix(file, segmentSuffix)
}

// verify checks the files in dir before scorch maps them. After a clean close
// every byte is held against the sum file. After a crash there is none: scorch
// commits root.bolt last, so that file is read through, copied into a sound
// one if writable, and the segments it names are held against their own checksums.
func verify(dir string, writable bool) error {
	sums, err := readSums(dir)
	switch {
	case err == nil:
		return sums.check(dir)
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	if _, err := os.Stat(filepath.Join(dir, rootFile)); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	segments, err := salvage(dir, writable)
	if err != nil {
		return err
	}
	for _, file := range segments {
		if _, err := checkSegment(filepath.Join(dir, file)); err != nil {
			return err
		}
	}
	return nil
}

// checkSegment reads a segment whole and compares it with the checksum in its
// last four bytes, which it returns.
func checkSegment(path string) (uint32, error) {
	want, err := segmentChecksum(path)
	if err != nil {
		return 0, err
	}
	f, err := os.Open(path)
	if err != nil {
		return 0, fmt.Errorf("keyword: %w", err)
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return 0, fmt.Errorf("keyword: %w", err)
	}
	hash := crc32.NewIEEE()
	if _, err := io.Copy(hash, io.LimitReader(f, info.Size()-checksumBytes)); err != nil {
		return 0, fmt.Errorf("keyword: read %s: %w", path, err)
	}
	if hash.Sum32() != want {
		return 0, fmt.Errorf("keyword: %w: %s fails its checksum", ErrCorrupt, path)
	}
	return want, nil
}

// checksumBytes is the length of the checksum at the end of a segment: crc32
// (IEEE) of all bytes before it, big endian.
const checksumBytes = 4

// segmentChecksum returns the checksum that a segment carries.
func segmentChecksum(path string) (uint32, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, fmt.Errorf("keyword: %w: %s is missing", ErrCorrupt, path)
	}
	if err != nil {
		return 0, fmt.Errorf("keyword: %w", err)
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return 0, fmt.Errorf("keyword: %w", err)
	}
	var b [checksumBytes]byte
	if _, err := f.ReadAt(b[:], max(0, info.Size()-checksumBytes)); err != nil {
		return 0, fmt.Errorf("keyword: %w: %s has only %d bytes", ErrCorrupt, path, info.Size())
	}
	return binary.BigEndian.Uint32(b[:]), nil
}
