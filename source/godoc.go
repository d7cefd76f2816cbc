package source

import (
	"bufio"
	"errors"
	"fmt"
	"go/ast"
	"go/build"
	"go/doc"
	"go/parser"
	"go/scanner"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// goPrefix marks a path as a pattern of Go packages.
const goPrefix = "go:"

// builtinPackage documents append, len and the like, which are not exported.
const builtinPackage = "builtin"

// GoPattern returns the path that stands for the documentation of Go packages,
// one document a symbol. pattern is "std" for the standard library, the import
// path of a standard package ("bufio"), or a folder of a module, absolute or
// beginning with a dot; "/..." at the end of the latter two takes the packages
// below it as well, which for a folder that holds go.mod is always so.
func GoPattern(pattern string) string { return goPrefix + pattern }

// goTree is a folder of Go packages.
type goTree struct {
	dir    string // where the packages are
	module string // folder that import paths and file names are relative to
	prefix string // import path of module; "" for the standard library
	deep   bool   // packages below dir, too
}

// goOrigin returns the pattern with a folder made absolute, and an error if there
// is nothing there.
func goOrigin(pattern string) (string, error) {
	name := strings.TrimPrefix(pattern, goPrefix)
	tree, err := findGoTree(name)
	if err != nil {
		return "", err
	}
	if isGoFolder(name) {
		name = tree.dir
		if tree.deep {
			name += "/..."
		}
	}
	return goPrefix + name, nil
}

// isGoFolder tells a folder from an import path, as the go command does.
func isGoFolder(name string) bool {
	return filepath.IsAbs(name) || name == "." || name == ".." ||
		strings.HasPrefix(filepath.ToSlash(name), "./") || strings.HasPrefix(filepath.ToSlash(name), "../")
}

func findGoTree(name string) (goTree, error) {
	name, deep := strings.CutSuffix(name, "/...")
	if isGoFolder(name) {
		return findModule(name, deep)
	}
	root, err := goRoot()
	if err != nil {
		return goTree{}, err
	}
	tree := goTree{module: filepath.Join(root, "src"), deep: deep}
	tree.dir = tree.module
	if name == "std" {
		tree.deep = true
	} else {
		tree.dir = filepath.Join(tree.module, filepath.FromSlash(name))
	}
	if info, err := os.Stat(tree.dir); err != nil || !info.IsDir() {
		return goTree{}, fmt.Errorf("source: go:%s: the standard library in %s has no such package (a folder of your own begins with ./ or /)", name, root)
	}
	return tree, nil
}

// goRoot returns the folder of the Go installation.
func goRoot() (string, error) {
	if root := os.Getenv("GOROOT"); root != "" {
		return root, nil
	}
	if out, err := exec.Command("go", "env", "GOROOT").Output(); err == nil {
		if root := strings.TrimSpace(string(out)); root != "" {
			return root, nil
		}
	}
	if root := build.Default.GOROOT; root != "" {
		return root, nil
	}
	return "", errors.New("source: no Go installation found: put go on the PATH or set GOROOT")
}

// findModule finds the module that a folder is in.
func findModule(name string, deep bool) (goTree, error) {
	dir, err := filepath.Abs(name)
	if err != nil {
		return goTree{}, fmt.Errorf("source: %w", err)
	}
	if _, err := os.Stat(dir); err != nil {
		return goTree{}, fmt.Errorf("source: %w", err)
	}
	for module := dir; ; module = filepath.Dir(module) {
		prefix, err := modulePath(filepath.Join(module, "go.mod"))
		switch {
		case err == nil:
			return goTree{dir: dir, module: module, prefix: prefix, deep: deep || module == dir}, nil
		case !errors.Is(err, fs.ErrNotExist):
			return goTree{}, fmt.Errorf("source: %w", err)
		case filepath.Dir(module) == module:
			return goTree{}, fmt.Errorf("source: %s is in no Go module: there is no go.mod there or above", dir)
		}
	}
}

// modulePath returns the path in the module line of a go.mod; "" for that of the
// standard library, whose packages have no prefix.
func modulePath(file string) (string, error) {
	in, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer func() { _ = in.Close() }() // it was only read
	for lines := bufio.NewScanner(in); lines.Scan(); {
		if words := strings.Fields(lines.Text()); len(words) > 1 && words[0] == "module" {
			name := strings.Trim(words[1], "\"`")
			if name == "std" {
				return "", nil
			}
			return name, nil
		}
	}
	return "", fmt.Errorf("%s has no module line", file)
}

// goPattern reads the packages of a pattern in the order of their import paths.
func (r *reader) goPattern(pattern string) error {
	tree, err := findGoTree(strings.TrimPrefix(pattern, goPrefix))
	if err != nil {
		return err
	}
	return r.goFolder(tree, tree.dir)
}

// goFolder reads the package in dir and, in a deep tree, those below it.
func (r *reader) goFolder(tree goTree, dir string) error {
	if err := r.goPackage(tree, dir); err != nil || !tree.deep {
		return err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return r.skip(dir, 0, reason(err))
	}
	for _, entry := range entries {
		if !entry.IsDir() || r.notPackages(entry.Name()) {
			continue
		}
		below := filepath.Join(dir, entry.Name())
		if _, err := os.Stat(filepath.Join(below, "go.mod")); err == nil {
			continue // another module, such as the go command's in GOROOT/src/cmd
		}
		if err := r.goFolder(tree, below); err != nil {
			return err
		}
	}
	return nil
}

// notPackages tells folders without packages for others to import.
func (r *reader) notPackages(name string) bool {
	switch name {
	case "testdata", "vendor":
		return true
	case "internal":
		return !r.Internal
	}
	return strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_")
}

// documentedPlatform decides which files of a package are read. It is the same
// everywhere, so that the same source gives the same documents.
func documentedPlatform() *build.Context {
	context := build.Default
	context.GOOS, context.GOARCH, context.CgoEnabled = "linux", "amd64", true
	return &context
}

// goPackage reads the package in dir; it is nothing if there is none.
func (r *reader) goPackage(tree goTree, dir string) error {
	found, err := documentedPlatform().ImportDir(dir, 0)
	var none *build.NoGoError
	switch {
	case errors.As(err, &none):
		return nil
	case err != nil:
		return r.skip(dir, 0, reason(err))
	case found.Name == "main" && !r.Commands:
		return nil
	}
	relative, err := filepath.Rel(tree.module, dir)
	if err != nil {
		return r.skip(dir, 0, reason(err))
	}
	importPath := path.Join(tree.prefix, filepath.ToSlash(relative))
	fset := token.NewFileSet()
	files, err := r.parseGoFiles(fset, found)
	if err != nil || len(files) == 0 {
		return err
	}
	var mode doc.Mode
	if importPath == builtinPackage {
		mode = doc.AllDecls
	}
	p, err := doc.NewFromFiles(fset, files, importPath, mode)
	if err != nil {
		return r.skip(dir, 0, reason(err))
	}
	writer := symbolWriter{reader: r, fset: fset, pkg: p, module: tree.module}
	return writer.all()
}

// parseGoFiles parses the files of a package and the tests that hold its
// examples. A file with a mistake is skipped.
func (r *reader) parseGoFiles(fset *token.FileSet, found *build.Package) ([]*ast.File, error) {
	var files []*ast.File
	names := slices.Concat(found.GoFiles, found.CgoFiles, found.TestGoFiles, found.XTestGoFiles)
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") && !strings.Contains(name, "example") {
			continue // go/doc reads tests for their examples only
		}
		file := filepath.Join(found.Dir, name)
		parsed, err := parser.ParseFile(fset, file, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			line, why := 0, reason(err)
			if list := (scanner.ErrorList)(nil); errors.As(err, &list) {
				line, why = list[0].Pos.Line, list[0].Msg
			}
			if err := r.skip(file, line, why); err != nil {
				return nil, err
			}
			continue
		}
		files = append(files, parsed)
	}
	return files, nil
}
