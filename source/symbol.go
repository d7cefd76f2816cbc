package source

import (
	"bytes"
	"go/ast"
	"go/doc"
	"go/format"
	"go/token"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/bertsearch/bertsearch"
)

// symbolWriter makes the documents of one Go package.
type symbolWriter struct {
	*reader
	fset   *token.FileSet
	pkg    *doc.Package
	module string // folder that file names are relative to
}

// symbol is what one document is about.
type symbol struct {
	kind     string // package, func, type, method, const or var
	name     string // as in Scanner.Scan; "" for the package
	doc      string
	decl     ast.Node
	examples []*doc.Example
}

// all writes the package, then its constants, variables, functions and types
// with what belongs to them, as go doc orders them.
func (w *symbolWriter) all() error {
	p := w.pkg
	if err := w.write(symbol{kind: "package", doc: p.Doc, examples: p.Examples}); err != nil {
		return err
	}
	if err := w.values(p.Consts, p.Vars); err != nil {
		return err
	}
	if err := w.funcs(p.Funcs, "func", ""); err != nil {
		return err
	}
	for _, t := range p.Types {
		if err := w.typ(t); err != nil {
			return err
		}
	}
	return nil
}

func (w *symbolWriter) typ(t *doc.Type) error {
	if err := w.write(symbol{kind: "type", name: t.Name, doc: t.Doc, decl: t.Decl, examples: t.Examples}); err != nil {
		return err
	}
	if err := w.values(t.Consts, t.Vars); err != nil {
		return err
	}
	if err := w.funcs(t.Funcs, "func", ""); err != nil {
		return err
	}
	return w.funcs(t.Methods, "method", t.Name+".")
}

func (w *symbolWriter) funcs(funcs []*doc.Func, kind, prefix string) error {
	for _, f := range funcs {
		err := w.write(symbol{kind: kind, name: prefix + f.Name, doc: f.Doc, decl: f.Decl, examples: f.Examples})
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *symbolWriter) values(consts, vars []*doc.Value) error {
	if err := w.groups(consts, "const"); err != nil {
		return err
	}
	return w.groups(vars, "var")
}

// groups writes one document for each group that is declared together, under
// the first name that other packages can use.
func (w *symbolWriter) groups(groups []*doc.Value, kind string) error {
	for _, group := range groups {
		i := slices.IndexFunc(group.Names, w.visible)
		if i < 0 {
			continue
		}
		err := w.write(symbol{kind: kind, name: group.Names[i], doc: group.Doc, decl: group.Decl})
		if err != nil {
			return err
		}
	}
	return nil
}

// visible reports whether other packages can use a name.
func (w *symbolWriter) visible(name string) bool {
	return token.IsExported(name) || w.pkg.ImportPath == builtinPackage
}

// write makes the document of one symbol. Its title says in words what the
// symbol is, since that is what questions in words are near to.
func (w *symbolWriter) write(s symbol) error {
	importPath := w.pkg.ImportPath
	d := bertsearch.Document{
		ID:     importPath,
		Title:  "package " + importPath,
		Fields: map[string]any{"package": importPath, "kind": s.kind},
	}
	if s.name != "" {
		d.ID = importPath + "." + s.name
		d.Title = path.Base(importPath) + "." + s.name + " (" + s.kind + " in package " + importPath + ")"
		d.Fields["symbol"] = s.name
	}
	file, line := w.position(s)
	signature := w.signature(s)
	if signature != "" {
		d.Fields["signature"] = signature
	}
	d.Fields["file"], d.Fields["line"] = file, line
	d.Text = w.text(s, signature)
	return w.document(d, file, line)
}

// text is the comment, then the declaration and the names of examples.
func (w *symbolWriter) text(s symbol, signature string) string {
	printer := w.pkg.Printer()
	printer.TextWidth = -1 // one line a paragraph: the reader's screen is not known
	parts := []string{strings.TrimSpace(string(printer.Text(w.pkg.Parser().Parse(s.doc))))}
	parts = append(parts, signature)
	var examples []string
	for _, e := range s.examples {
		if about := strings.Trim(e.Suffix+": "+oneLine(e.Doc), ": "); about != "" {
			examples = append(examples, about)
		}
	}
	if len(examples) > 0 {
		parts = append(parts, "Examples: "+strings.Join(examples, "; "))
	}
	parts = slices.DeleteFunc(parts, func(part string) bool { return part == "" })
	return strings.Join(parts, "\n\n")
}

// position returns the file, relative to the module, and the line of a symbol.
func (w *symbolWriter) position(s symbol) (file string, line int) {
	if s.decl == nil {
		if len(w.pkg.Filenames) == 0 {
			return "", 0
		}
		return w.relative(w.pkg.Filenames[0]), 1
	}
	position := w.fset.Position(s.decl.Pos())
	return w.relative(position.Filename), position.Line
}

func (w *symbolWriter) relative(file string) string {
	if relative, err := filepath.Rel(w.module, file); err == nil {
		file = relative
	}
	return filepath.ToSlash(file)
}

// maxSignature bounds a declaration, in bytes: a table of a thousand constants
// says no more in whole than at its start.
const maxSignature = 2000

// signature returns the declaration without comment and body.
func (w *symbolWriter) signature(s symbol) string {
	var decl ast.Node
	switch d := s.decl.(type) {
	case *ast.FuncDecl:
		bare := *d
		bare.Doc, bare.Body = nil, nil
		decl = &bare
	case *ast.GenDecl:
		bare := *d
		bare.Doc = nil
		decl = &bare
	default:
		return ""
	}
	var b bytes.Buffer
	if err := format.Node(&b, w.fset, decl); err != nil {
		return "" // the printer knows every declaration that the parser makes
	}
	return shorten(b.String(), maxSignature)
}

// shorten cuts text to at most n bytes and an ellipsis, between characters.
func shorten(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n] + "…"
}
