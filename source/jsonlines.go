package source

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/bertsearch/bertsearch"
)

// jsonLines reads one document a line. A line that is not one is skipped, and
// so is one longer than MaxLine. Memory is bounded by the longest line.
func (r *reader) jsonLines(in io.Reader, path string) error {
	buffered := bufio.NewReaderSize(in, 1<<16)
	for number := 1; ; number++ {
		line, tooLong, err := readLine(buffered, r.MaxLine)
		if err != nil && !errors.Is(err, io.EOF) {
			return r.skip(path, number, reason(err)+"; the rest is not read")
		}
		if number == 1 {
			line = bytes.TrimPrefix(line, []byte("\uFEFF"))
		}
		var stop error
		switch {
		case tooLong:
			stop = r.skip(path, number, fmt.Sprintf("longer than %d bytes", r.MaxLine))
		case len(bytes.TrimSpace(line)) > 0:
			stop = r.jsonLine(line, path, number)
		}
		if stop != nil || err != nil {
			return stop
		}
	}
}

// jsonLine reads one line.
func (r *reader) jsonLine(line []byte, path string, number int) error {
	var d bertsearch.Document
	if err := json.Unmarshal(line, &d); err != nil {
		return r.skip(path, number, err.Error())
	}
	if d.ID == "" {
		return r.skip(path, number, `no id: a document needs "id" or "_id"`)
	}
	return r.document(d, path, number)
}

// readLine returns the next line without its end. Of a line longer than most
// bytes it reads all and keeps nothing. The error is io.EOF after the last line.
func readLine(in *bufio.Reader, most int) (line []byte, tooLong bool, err error) {
	for {
		piece, err := in.ReadSlice('\n')
		if len(line)+len(piece) > most+1 {
			line, tooLong = nil, true
		}
		if !tooLong {
			line = append(line, piece...)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return bytes.TrimSuffix(line, []byte("\n")), tooLong, err
		}
	}
}
