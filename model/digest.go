package model

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"os"
)

// digest is the SHA-256 of the files at paths, in this order, each with its
// size before it so that no two lists of files give the same bytes.
func digest(paths []string) (string, error) {
	h := sha256.New()
	for _, path := range paths {
		if err := hashFile(h, path); err != nil {
			return "", fmt.Errorf("model: %w", err)
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

func hashFile(h hash.Hash, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // only read
	st, err := f.Stat()
	if err != nil {
		return err
	}
	h.Write(fmt.Appendf(nil, "%d\n", st.Size()))
	_, err = io.Copy(h, f)
	return err
}
