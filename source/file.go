package source

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"path"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// file reads one file by what its extension says it is.
func (r *reader) file(path, id string) error {
	file, err := os.Open(path)
	if err != nil {
		return r.skip(path, 0, reason(err))
	}
	defer func() { _ = file.Close() }() // it was only read
	switch extension(path) {
	case ".jsonl", ".ndjson":
		return r.jsonLines(file, path)
	case ".csv", ".tsv":
		return r.csv(file, path, id)
	}
	content, err := io.ReadAll(io.LimitReader(file, r.MaxFile+1))
	switch {
	case err != nil:
		return r.skip(path, 0, reason(err))
	case int64(len(content)) > r.MaxFile:
		return r.skip(path, 0, fmt.Sprintf("larger than %d bytes", r.MaxFile))
	}
	if kind, binary := detectBinary(content); binary {
		return r.skip(path, 0, "not text: "+kind)
	}
	switch extension(path) {
	case ".md", ".markdown", ".mkd":
		return r.markdown(decodeText(content), path, id)
	case ".html", ".htm", ".xhtml":
		return r.html(content, path, id)
	}
	return r.text(decodeText(content), path, id)
}

// detectBinary tells images, archives and programs from text: by the signature
// that browsers go by, and by a zero byte anywhere but in UTF-16.
func detectBinary(content []byte) (kind string, binary bool) {
	kind = http.DetectContentType(content)
	if !strings.HasPrefix(kind, "text/") {
		return kind, true
	}
	if bytes.IndexByte(content, 0) >= 0 && !strings.Contains(kind, "utf-16") {
		return "it has zero bytes", true
	}
	return kind, false
}

// decodeText returns the text of a file in UTF-8 or, where a byte order mark
// says so, in UTF-16. What is neither is taken for Windows-1252, which has a
// character for nearly every byte and is what old files in the West are in.
func decodeText(content []byte) string {
	if utf8.Valid(content) {
		return strings.TrimPrefix(string(content), "\uFEFF")
	}
	decoder := unicode.BOMOverride(charmap.Windows1252.NewDecoder())
	text, _, err := transform.Bytes(decoder, content)
	if err != nil {
		return strings.ToValidUTF8(string(content), "\uFFFD")
	}
	return string(text)
}

// fileTitle is the name of a file without folder and extension.
func fileTitle(id string) string {
	name := path.Base(id)
	return strings.TrimSuffix(name, path.Ext(name))
}
