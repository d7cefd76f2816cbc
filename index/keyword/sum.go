package keyword

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// sumHeader is the first line of a sum file, its magic and its version. Each
// further line names a file with its length and its checksum; the last line is
// the crc32c of all the lines before it.
//
//	bertsearch keyword sums 1
//	root.bolt 65536 0a1b2c3d
//	000000000002.zap 73112 5e6f7a8b
//	end 91d2c3b4
//
// The checksum is crc32c, but for segments the crc32 that ends them, so that
// closing need not read the whole index again.
const sumHeader = "bertsearch keyword sums 1\n"

// maxSumBytes bounds what is read of a sum file; a line a segment is far less.
const maxSumBytes = 1 << 20

type sum struct {
	file     string
	bytes    int64
	checksum uint32
}

type sums []sum

// readSums reads the sum file in dir.
func readSums(dir string) (sums, error) {
	f, err := os.Open(filepath.Join(dir, sumFile))
	if err != nil {
		return nil, fmt.Errorf("keyword: %w", err)
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, maxSumBytes+1))
	if err != nil {
		return nil, fmt.Errorf("keyword: %w", err)
	}
	s, err := parseSums(data)
	if err != nil {
		return nil, fmt.Errorf("keyword: %s: %w", f.Name(), err)
	}
	return s, nil
}

func parseSums(data []byte) (sums, error) {
	end := bytes.LastIndex(data, []byte("end "))
	if len(data) > maxSumBytes || end < 0 || !bytes.HasPrefix(data, []byte(sumHeader)) ||
		string(data[end:]) != fmt.Sprintf("end %08x\n", crc32.Checksum(data[:end], castagnoli)) {
		return nil, fmt.Errorf("%w: the sum file is not whole", ErrCorrupt)
	}
	var list sums
	for line := range strings.Lines(string(data[len(sumHeader):end])) {
		var s sum
		n, err := fmt.Sscanf(line, "%s %d %x\n", &s.file, &s.bytes, &s.checksum)
		if n != 3 || err != nil || !isOurs(s.file) || filepath.Base(s.file) != s.file {
			return nil, fmt.Errorf("%w: line %q of the sum file", ErrCorrupt, line)
		}
		list = append(list, s)
	}
	return list, nil
}

func (list sums) encode() []byte {
	var b bytes.Buffer
	b.WriteString(sumHeader)
	for _, s := range list {
		fmt.Fprintf(&b, "%s %d %08x\n", s.file, s.bytes, s.checksum)
	}
	fmt.Fprintf(&b, "end %08x\n", crc32.Checksum(b.Bytes(), castagnoli))
	return b.Bytes()
}

// check compares the files in dir with the list.
func (list sums) check(dir string) error {
	for _, want := range list {
		got, err := sumOf(dir, want.file, true)
		if err != nil {
			return err
		}
		if got != want {
			return fmt.Errorf("keyword: %w: %s is not the file that was closed", ErrCorrupt, filepath.Join(dir, want.file))
		}
	}
	return nil
}

// writeSums records the files of an index that has been closed.
func writeSums(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("keyword: %w", err)
	}
	var list sums
	for _, e := range entries {
		if e.Name() == rootFile || strings.HasSuffix(e.Name(), segmentSuffix) {
			s, err := sumOf(dir, e.Name(), false)
			if err != nil {
				return err
			}
			list = append(list, s)
		}
	}
	path := filepath.Join(dir, sumFile)
	if err := os.WriteFile(path+".new", list.encode(), 0o600); err != nil {
		return fmt.Errorf("keyword: %w", err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return fmt.Errorf("keyword: %w", err)
	}
	return nil
}

// sumOf computes the line of one file. A segment's checksum is taken from its
// end, and is compared with its content only if asked.
func sumOf(dir, file string, content bool) (sum, error) {
	path := filepath.Join(dir, file)
	info, err := os.Stat(path)
	if os.IsNotExist(err) {
		return sum{}, fmt.Errorf("keyword: %w: %s is missing", ErrCorrupt, path)
	}
	if err != nil {
		return sum{}, fmt.Errorf("keyword: %w", err)
	}
	s := sum{file: file, bytes: info.Size()}
	switch {
	case !strings.HasSuffix(file, segmentSuffix):
		data, err := os.ReadFile(path)
		if err != nil {
			return sum{}, fmt.Errorf("keyword: %w", err)
		}
		s.checksum = crc32.Checksum(data, castagnoli)
	case content:
		s.checksum, err = checkSegment(path)
	default:
		s.checksum, err = segmentChecksum(path)
	}
	return s, err
}
