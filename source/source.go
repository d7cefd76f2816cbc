// Package source turns what people have into documents: plain text, Markdown,
// HTML, JSON lines, CSV, folders of these, and the documentation of Go code.
//
//	documents, err := source.Read([]string{"notes", "more.jsonl", "go:context"}, nil)
//	if err != nil {
//		return err
//	}
//	report, err := db.Index(ctx, documents, nil)
//
// One bad line or unreadable file never ends a run: it comes as a
// *bertsearch.Skip in the place of a document, with the reason. The order of the
// documents and their ids depend only on the paths and on what is there, so
// indexing the same again changes nothing.
package source

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"

	"github.com/bertsearch/bertsearch"
)

// Stdin is the path that stands for standard input, which is JSON lines.
const Stdin = "-"

// OriginField is the field in which a document remembers the path that it was
// read from; see Origin. Documents from standard input do not have it.
const OriginField = "_origin"

// Options say what Read reads. The zero value, and nil, are good defaults.
type Options struct {
	// Extensions are those of the files to read in folders, such as ".md"; nil
	// means all that hold text. A file named itself is read whatever it is called.
	Extensions []string
	// Hidden reads files and folders whose name begins with a dot, too, except .git.
	Hidden bool
	// MaxFile is the size in bytes above which a file is skipped, unless it is
	// JSON lines or CSV, which are read piece by piece; 0 means 64 MiB.
	MaxFile int64
	// MaxLine is the size in bytes above which a JSON line is skipped; 0 means 64 MiB.
	MaxLine int
	// Stdin is read for the path "-"; nil means os.Stdin.
	Stdin io.Reader
	// Internal keeps Go packages that only their own module can import.
	Internal bool
	// Commands keeps Go packages that are programs.
	Commands bool
}

const defaultMax = 64 << 20

// withDefaults returns a copy with the zero settings filled in.
func (o *Options) withDefaults() Options {
	var c Options
	if o != nil {
		c = *o
	}
	if c.MaxFile == 0 {
		c.MaxFile = defaultMax
	}
	if c.MaxLine == 0 {
		c.MaxLine = defaultMax
	}
	if c.Stdin == nil {
		c.Stdin = os.Stdin
	}
	return c
}

// errStopped ends a reader whose consumer wants no more documents. It never
// leaves the package.
var errStopped = errors.New("stopped")

// Read returns the documents of the paths, one after another: a file, a folder,
// "-" for JSON lines on standard input, or "go:" and a Go package pattern as
// GoPattern describes. It is an error if one of the paths is not there or cannot
// be read at all, before anything is read.
//
// The id of a file is its path from the folder that was given, with that
// folder's own name in front (notes/2024/may.md for the path /home/ann/notes);
// a part of a file has #part appended. Lines of JSON have their own ids.
//
// In the sequence, an error is a *bertsearch.Skip where something was left out;
// any other error is the last element.
func Read(paths []string, o *Options) (iter.Seq2[bertsearch.Document, error], error) {
	options := o.withDefaults()
	roots, err := findRoots(paths)
	if err != nil {
		return nil, err
	}
	return func(yield func(bertsearch.Document, error) bool) {
		for _, root := range roots {
			s := &sink{yield: yield, origin: root.origin}
			r := &reader{Options: options, sink: s}
			err := r.root(root)
			if errors.Is(err, errStopped) {
				return
			}
			if err != nil {
				yield(bertsearch.Document{}, err)
				return
			}
		}
	}, nil
}

// Origin returns what OriginField holds for the documents of a path given to
// Read: the absolute path, or the Go pattern. It is "" for standard input. To
// remove what has disappeared, delete the documents that have this origin and
// whose id Read no longer gave:
//
//	bertsearch.And(bertsearch.Eq(source.OriginField, origin), bertsearch.Not(bertsearch.In("id", ids...)))
func Origin(path string) (string, error) {
	switch {
	case path == Stdin:
		return "", nil
	case strings.HasPrefix(path, goPrefix):
		return goOrigin(path)
	}
	absolute, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("source: %w", err)
	}
	return absolute, nil
}

// reader reads the paths of one root.
type reader struct {
	Options
	*sink
}

// root reads one path given to Read.
func (r *reader) root(root root) error {
	switch {
	case root.path == Stdin:
		return r.jsonLines(r.Stdin, Stdin)
	case strings.HasPrefix(root.path, goPrefix):
		return r.goPattern(root.path)
	case root.folder:
		return r.folder(root.path, root.name)
	}
	return r.file(root.path, root.name)
}

// sink takes what a reader finds.
type sink struct {
	yield  func(bertsearch.Document, error) bool
	origin string
}

// document hands on one document read at a line of a file (0: all of it), or
// skips it if it cannot be stored.
func (s *sink) document(d bertsearch.Document, path string, line int) error {
	if s.origin != "" {
		if d.Fields == nil {
			d.Fields = map[string]any{}
		}
		d.Fields[OriginField] = s.origin
	}
	if err := d.Validate(); err != nil {
		return s.skip(path, line, err.Error())
	}
	return s.emit(d, nil)
}

// skip hands on that something was left out: a line of a file, or all of it (0).
func (s *sink) skip(path string, line int, reason string) error {
	return s.emit(bertsearch.Document{}, &bertsearch.Skip{Path: path, Line: line, Reason: reason})
}

func (s *sink) emit(d bertsearch.Document, err error) error {
	if !s.yield(d, err) {
		return errStopped
	}
	return nil
}
