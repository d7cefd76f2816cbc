//go:build !unix

package snapshot

import "os"

// load reads the file at path; nothing is mapped.
func load(path string) (data []byte, mapped int64, release func() error, err error) {
	data, err = os.ReadFile(path)
	return data, 0, func() error { return nil }, err
}
