package source

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// folder reads the files of a folder and of all folders in it, in the order of
// their names. Symbolic links are followed; a folder that was already read,
// such as one above itself, is not read again.
func (r *reader) folder(dir, id string) error {
	w := walk{reader: r, seen: map[string]bool{}}
	return w.folder(dir, id)
}

// walk is one way through a folder.
type walk struct {
	*reader
	seen map[string]bool // real paths of the folders entered
}

// folder reads dir, whose files have ids that begin with id.
func (w *walk) folder(dir, id string) error {
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return w.skip(dir, 0, reason(err))
	}
	if w.seen[real] {
		return nil
	}
	w.seen[real] = true
	entries, err := os.ReadDir(dir) // sorted by name
	if err != nil {
		return w.skip(dir, 0, reason(err))
	}
	for _, entry := range entries {
		if w.ignored(entry.Name()) {
			continue
		}
		if err := w.entry(filepath.Join(dir, entry.Name()), path.Join(id, entry.Name())); err != nil {
			return err
		}
	}
	return nil
}

// ignored tells by the name what is passed over without a word.
func (w *walk) ignored(name string) bool {
	return name == ".git" || strings.HasPrefix(name, ".") && !w.Hidden
}

// entry reads one entry of a folder.
func (w *walk) entry(path, id string) error {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return w.skip(path, 0, reason(err))
	case info.IsDir():
		return w.folder(path, id)
	case !w.wanted(path):
		return nil
	case !info.Mode().IsRegular():
		return w.skip(path, 0, "not a regular file")
	}
	return w.file(path, id)
}

// wanted reports whether the extension of path is one of those asked for.
func (w *walk) wanted(path string) bool {
	return w.Extensions == nil || slices.ContainsFunc(w.Extensions, func(wanted string) bool {
		return strings.EqualFold(wanted, extension(path))
	})
}

// extension returns the lower-case extension of a path, with its dot.
func extension(path string) string { return strings.ToLower(filepath.Ext(path)) }

// reason says what went wrong without the path, which stands beside it.
func reason(err error) string {
	var fault *fs.PathError
	if errors.As(err, &fault) {
		return fault.Err.Error()
	}
	return err.Error()
}
