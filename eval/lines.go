package eval

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"iter"
	"os"
)

// maxLine is the longest line read, in bytes: one document of a corpus is one
// line, and a larger one is damage.
const maxLine = 256 << 20

// textLine is one line of a file, without its end, and where it stands.
type textLine struct {
	file   string
	number int // from 1
	text   []byte
}

// fault is an error at the line.
func (l textLine) fault(format string, args ...any) error {
	return fmt.Errorf("eval: %s:%d: %w", l.file, l.number, fmt.Errorf(format, args...))
}

// readLines returns the lines of r that are not blank. file names r in errors.
// A line's text is valid until the next; a byte order mark before the first is
// left out.
func readLines(r io.Reader, file string) iter.Seq2[textLine, error] {
	return func(yield func(textLine, error) bool) {
		line := textLine{file: file}
		scanner := bufio.NewScanner(r)
		scanner.Buffer(nil, maxLine)
		for scanner.Scan() {
			line.number++
			line.text = scanner.Bytes()
			if line.number == 1 {
				line.text = bytes.TrimPrefix(line.text, []byte("\uFEFF"))
			}
			if len(bytes.TrimSpace(line.text)) > 0 && !yield(line, nil) {
				return
			}
		}
		if err := scanner.Err(); err != nil {
			line.number++
			yield(line, line.fault("%w", err))
		}
	}
}

// readFile opens path for a reader of the whole file.
func readFile[T any](path string, read func(r io.Reader, file string) (T, error)) (T, error) {
	file, err := os.Open(path)
	if err != nil {
		var none T
		return none, fmt.Errorf("eval: %w", err)
	}
	defer func() { _ = file.Close() }() // it was only read
	return read(file, path)
}
