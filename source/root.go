package source

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// root is one path given to Read.
type root struct {
	path   string // as given
	origin string // see Origin
	name   string // in front of the ids of its files
	folder bool
}

// findRoots looks at every path before the first is read, so that a mistyped
// one does not surface after an hour of indexing.
func findRoots(paths []string) ([]root, error) {
	roots := make([]root, len(paths))
	for i, path := range paths {
		origin, err := Origin(path)
		if err != nil {
			return nil, err
		}
		roots[i] = root{path: path, origin: origin}
		if path == Stdin || strings.HasPrefix(path, goPrefix) {
			continue
		}
		if roots[i].folder, err = checkReadable(path); err != nil {
			return nil, fmt.Errorf("source: %w", err)
		}
	}
	nameRoots(roots)
	return roots, nil
}

// checkReadable reports whether path is a folder; an error if it cannot be read.
func checkReadable(path string) (folder bool, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return false, err
	}
	if !info.IsDir() && !info.Mode().IsRegular() {
		return false, nil // opening a pipe twice would lose what is in it
	}
	file, err := os.Open(path)
	if err != nil {
		return false, err
	}
	return info.IsDir(), file.Close()
}

// nameRoots gives each root the last part of its path as its name, and as many
// parts more as tell it from the others: a/page.html and b/page.html keep their
// folders.
func nameRoots(roots []root) {
	for parts := 1; ; parts++ {
		origins := map[string]string{} // name → the path that has it
		longer := map[string]bool{}
		for i := range roots {
			r := &roots[i]
			if parts == 1 || r.name == "" {
				r.name = lastParts(r.origin, parts)
			}
			if other, taken := origins[r.name]; taken && other != r.origin {
				longer[r.name] = true
			}
			origins[r.name] = r.origin
		}
		if len(longer) == 0 {
			return
		}
		for i := range roots {
			if longer[roots[i].name] {
				roots[i].name = "" // named again with one part more
			}
		}
	}
}

// lastParts returns the last n parts of an absolute path, with slashes.
func lastParts(path string, n int) string {
	path = strings.TrimPrefix(path, filepath.VolumeName(path))
	parts := strings.Split(strings.Trim(filepath.ToSlash(path), "/"), "/")
	return strings.Join(parts[max(0, len(parts)-n):], "/")
}
