package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
)

// A lineReader reads standard input line by line, of any length.
type lineReader struct {
	input  *bufio.Reader
	number int
}

func newLineReader(r io.Reader) *lineReader {
	return &lineReader{input: bufio.NewReaderSize(r, 64<<10)}
}

// next returns the next line without its end, or io.EOF. An interrupt is
// noticed between lines.
func (l *lineReader) next(ctx context.Context) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	line, err := l.input.ReadBytes('\n')
	if errors.Is(err, io.EOF) && len(line) > 0 {
		err = nil // the last line lacks its end
	}
	l.number++
	return bytes.TrimRight(line, "\r\n"), err
}

// waiting reports whether the next line would have to be waited for.
func (l *lineReader) waiting() bool { return l.input.Buffered() == 0 }

// where adds the line's number to an error about it.
func (l *lineReader) where(err error) error {
	return fmt.Errorf("standard input: line %d: %w", l.number, err)
}
