package source

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestGoStandardPackage(t *testing.T) {
	documents, skips := collect(t, nil, GoPattern("bufio"))
	expect(t, "skips", skips, []string(nil))
	all := byID(t, documents)
	for id, kind := range map[string]string{
		"bufio": "package", "bufio.Scanner": "type", "bufio.NewScanner": "func", "bufio.Scanner.Scan": "method",
		"bufio.ErrTooLong": "var", "bufio.MaxScanTokenSize": "const", "bufio.ScanLines": "func",
	} {
		d, found := all[id]
		if !found {
			t.Errorf("no %s among %q", id, sortedKeys(all))
			continue
		}
		expect(t, id, d.Fields["kind"], kind)
	}
	scan := all["bufio.Scanner.Scan"]
	expect(t, "title", scan.Title, "bufio.Scanner.Scan (method in package bufio)")
	expect(t, "signature", scan.Fields["signature"], "func (s *Scanner) Scan() bool")
	expect(t, "symbol", scan.Fields["symbol"], "Scanner.Scan")
	expect(t, "package", scan.Fields["package"], "bufio")
	expect(t, "file", scan.Fields["file"], "bufio/scan.go")
	if line, ok := scan.Fields["line"].(int); !ok || line < 2 {
		t.Errorf("line %v", scan.Fields["line"])
	}
	if !strings.HasPrefix(scan.Text, "Scan advances the") || !strings.HasSuffix(scan.Text, "func (s *Scanner) Scan() bool") {
		t.Errorf("text %q", scan.Text)
	}
	if scanner := all["bufio.Scanner"]; !strings.Contains(scanner.Text, "Examples: ") || !strings.Contains(scanner.Text, "lines") {
		t.Errorf("the examples' names are not in %q", scanner.Text)
	}
}

func TestGoStandardTree(t *testing.T) {
	one, _ := collect(t, nil, GoPattern("encoding"))
	tree, _ := collect(t, nil, GoPattern("encoding/..."))
	byID(t, tree)
	if len(one) == 0 || len(tree) <= len(one) {
		t.Errorf("%d documents in encoding, %d with what is below", len(one), len(tree))
	}
	if got := ids(tree); !slices.Contains(got, "encoding/json.Decoder.Decode") {
		t.Errorf("no encoding/json.Decoder.Decode among %d ids", len(got))
	}
	for _, d := range tree {
		if name := d.Fields["package"].(string); strings.Contains(name, "internal") {
			t.Errorf("%s is internal", d.ID)
		}
	}
	again, _ := collect(t, nil, GoPattern("encoding/..."))
	expect(t, "read again", ids(again), ids(tree))
	builtin, _ := collect(t, nil, GoPattern("builtin"))
	if !slices.Contains(ids(builtin), "builtin.append") {
		t.Error("append is not documented")
	}
}

// module has everything that is left out, a mistake, and a group of constants
// whose first names are not exported.
var module = map[string]string{
	"go.mod":                  "// comment\nmodule example.org/m // v1\n\ngo 1.26\n",
	"m.go":                    "// Package m does it.\npackage m\n\n// Do does.\nfunc Do() { panic(1) }\n\nfunc hidden() {}\n",
	"consts.go":               "package m\n\n// Sizes of things.\nconst (\n\tnone = iota\n\tSmall\n\tLarge\n)\n\nvar _ = hidden\n",
	"example_test.go":         "package m_test\n\n// It is done quickly.\nfunc ExampleDo_fast() {}\n",
	"other_windows.go":        "package m\n\nfunc OnlyWindows() {}\n",
	"broken.go":               "package m\n\nfunc {",
	"sub/sub.go":              "package sub\n\n// T is generic.\ntype T[K comparable] struct{ A, b K }\n\n// Get gets.\nfunc (t *T[K]) Get() K { return t.A }\n",
	"internal/i.go":           "package internal\n\nfunc I() {}\n",
	"cmd/tool/main.go":        "// Tool is a program.\npackage main\n\nfunc main() {}\n",
	"vendor/example.org/v.go": "package v\n\nfunc V() {}\n",
	"testdata/t.go":           "package t\n\nfunc T() {}\n",
	"_skip/s.go":              "package s\n\nfunc S() {}\n",
	"nested/go.mod":           "module example.org/nested\n",
	"nested/n.go":             "package n\n\nfunc N() {}\n",
}

func TestGoModule(t *testing.T) {
	files := map[string]string{}
	for name, content := range module {
		files[name] = content
	}
	dir := writeFiles(t, files)
	documents, skips := collect(t, nil, GoPattern(dir))
	expect(t, "ids", ids(documents), []string{
		"example.org/m", "example.org/m.Small", "example.org/m.Do",
		"example.org/m/sub", "example.org/m/sub.T", "example.org/m/sub.T.Get",
	})
	expect(t, "skips", skips, []string{"broken.go:3: expected 'IDENT', found '{'"})
	all := byID(t, documents)
	expect(t, "func", all["example.org/m.Do"].Text, "Do does.\n\nfunc Do()\n\nExamples: fast: It is done quickly.")
	expect(t, "file", all["example.org/m.Do"].Fields["file"], "m.go")
	expect(t, "package", all["example.org/m"].Text, "Package m does it.")
	if text := all["example.org/m.Small"].Text; !strings.Contains(text, "Sizes of things.") || !strings.Contains(text, "Large") {
		t.Errorf("constants: %q", text)
	}
	if text := all["example.org/m/sub.T"].Text; !strings.Contains(text, "type T[K comparable] struct") || strings.Contains(text, "\tb") {
		t.Errorf("generic type: %q", text)
	}
	more, _ := collect(t, &Options{Internal: true, Commands: true}, GoPattern(dir))
	for _, id := range []string{"example.org/m/internal.I", "example.org/m/cmd/tool"} {
		if !slices.Contains(ids(more), id) {
			t.Errorf("no %s among %q", id, ids(more))
		}
	}
	sub, _ := collect(t, nil, GoPattern(filepath.Join(dir, "sub")))
	expect(t, "a package of a module", ids(sub), []string{"example.org/m/sub", "example.org/m/sub.T", "example.org/m/sub.T.Get"})
}

func TestShorten(t *testing.T) {
	for _, test := range []struct {
		text string
		n    int
		want string
	}{{"abc", 3, "abc"}, {"abcd", 3, "abc…"}, {"aéé", 4, "aé…"}} {
		expect(t, test.text, shorten(test.text, test.n), test.want)
	}
}
