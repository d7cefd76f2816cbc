package source

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/bertsearch/bertsearch"
	"github.com/bertsearch/bertsearch/internal/unprivileged"
)

// writeFiles makes a folder of files: path within it → content.
func writeFiles(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for path, content := range files {
		full := filepath.Join(dir, filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// collect reads paths to the end. Documents lose OriginField, which is checked
// here; skips are written as their path's base, line and reason.
func collect(t testing.TB, o *Options, paths ...string) (documents []bertsearch.Document, skips []string) {
	t.Helper()
	sequence, err := Read(paths, o)
	if err != nil {
		t.Fatal(err)
	}
	var origins []string
	for _, path := range paths {
		origin, err := Origin(path)
		if err != nil {
			t.Fatal(err)
		}
		origins = append(origins, origin)
	}
	for d, err := range sequence {
		var skip *bertsearch.Skip
		switch {
		case errors.As(err, &skip):
			at := *skip
			at.Path = filepath.Base(at.Path)
			skips = append(skips, at.Error())
		case err != nil:
			t.Fatal(err)
		default:
			documents = append(documents, withoutOrigin(t, d, origins))
		}
	}
	return documents, skips
}

// withoutOrigin takes d's origin off, which must be one of origins.
func withoutOrigin(t testing.TB, d bertsearch.Document, origins []string) bertsearch.Document {
	t.Helper()
	if origin, _ := d.Fields[OriginField].(string); !slices.Contains(origins, origin) {
		t.Errorf("document %q has the origin %q, which is none of %q", d.ID, origin, origins)
	}
	delete(d.Fields, OriginField)
	if len(d.Fields) == 0 {
		d.Fields = nil
	}
	return d
}

func ids(documents []bertsearch.Document) []string {
	var ids []string
	for _, d := range documents {
		ids = append(ids, d.ID)
	}
	return ids
}

func expect(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\ngot  %#v\nwant %#v", what, got, want)
	}
}

func TestReadFolder(t *testing.T) {
	parent := writeFiles(t, map[string]string{
		"notes/b.txt":          "bee",
		"notes/a/deep.text":    "deep",
		"notes/a.jsonl":        `{"id":"j","text":"line"}`,
		"notes/no-extension":   "plain",
		"notes/.hidden":        "h",
		"notes/.git/config":    "g",
		"notes/image.png":      "\x89PNG\r\n\x1a\n\x00\x00",
		"notes/data.txt":       "looks like text" + strings.Repeat(" ", 600) + "\x00",
		"notes/large.txt":      strings.Repeat("x", 2001),
		"notes/empty.txt":      "",
		"notes/sub/.keep":      "",
		"notes/latin1.txt":     "caf\xe9",
		"notes/utf16.txt":      "\xff\xfeh\x00i\x00",
		"notes/odd name #1.md": "# One\ntext",
	})
	dir := filepath.Join(parent, "notes")
	documents, skips := collect(t, &Options{MaxFile: 2000}, dir)
	expect(t, "ids", ids(documents), []string{
		"notes/a/deep.text", "j", "notes/b.txt", "notes/empty.txt", "notes/latin1.txt",
		"notes/no-extension", "notes/odd name #1.md#one", "notes/utf16.txt",
	})
	expect(t, "skips", skips, []string{
		"data.txt: not text: it has zero bytes",
		"image.png: not text: image/png",
		"large.txt: larger than 2000 bytes",
	})
	expect(t, "Windows-1252", documents[4], bertsearch.Document{ID: "notes/latin1.txt", Title: "latin1", Text: "café"})
	expect(t, "UTF-16", documents[7].Text, "hi")

	again, _ := collect(t, &Options{MaxFile: 2000}, dir+"/")
	expect(t, "read again", again, documents)

	few, _ := collect(t, &Options{Extensions: []string{".TXT"}, MaxFile: 10, Hidden: true}, filepath.Join(dir, "..", "notes"))
	expect(t, "with an extension", ids(few), []string{"notes/b.txt", "notes/empty.txt", "notes/latin1.txt", "notes/utf16.txt"})
	hidden, _ := collect(t, &Options{Hidden: true}, dir)
	if got := ids(hidden); !slices.Contains(got, "notes/.hidden") || slices.Contains(got, "notes/.git/config") {
		t.Errorf("with hidden files: %q", got)
	}
}

func TestReadNamesRoots(t *testing.T) {
	dir := writeFiles(t, map[string]string{"a/page.txt": "a", "b/page.txt": "b", "b/other.txt": "o"})
	a, b := filepath.Join(dir, "a", "page.txt"), filepath.Join(dir, "b", "page.txt")
	for _, test := range []struct{ paths, want []string }{
		{[]string{a}, []string{"page.txt"}},
		{[]string{a, b, filepath.Join(dir, "b", "other.txt")}, []string{"a/page.txt", "b/page.txt", "other.txt"}},
		{[]string{a, a}, []string{"page.txt", "page.txt"}},
	} {
		documents, _ := collect(t, nil, test.paths...)
		expect(t, strings.Join(test.paths, " "), ids(documents), test.want)
	}
}

func TestReadSymlinks(t *testing.T) {
	dir := writeFiles(t, map[string]string{"a/file.txt": "f", "b/other.txt": "o"})
	for link, target := range map[string]string{"a/loop": dir, "a/self": "self", "a/b": "../b", "a/broken": "nowhere", "a/link.txt": "file.txt"} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Skipf("this system has no symbolic links: %v", err)
		}
	}
	documents, skips := collect(t, nil, filepath.Join(dir, "a"))
	// a/loop leads back to a, which is already being read, and to b, which was.
	expect(t, "ids", ids(documents), []string{"a/b/other.txt", "a/file.txt", "a/link.txt"})
	if len(skips) != 2 || !strings.HasPrefix(skips[0], "broken: ") || !strings.HasPrefix(skips[1], "self: ") {
		t.Errorf("skips %q, want the broken link and the one to itself", skips)
	}
}

func TestReadMissing(t *testing.T) {
	dir := writeFiles(t, map[string]string{"there.txt": "x"})
	_, err := Read([]string{filepath.Join(dir, "there.txt"), filepath.Join(dir, "nofolder")}, nil)
	if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "nofolder") {
		t.Errorf("error %v, want one that names the path", err)
	}
	if _, err := Read([]string{"go:no/such/package"}, nil); err == nil || !strings.Contains(err.Error(), "no/such/package") {
		t.Errorf("error %v, want one that names the package", err)
	}
	if _, err := Read([]string{GoPattern(dir)}, nil); err == nil || !strings.Contains(err.Error(), "go.mod") {
		t.Errorf("error %v, want one that asks for a go.mod", err)
	}
}

func TestReadWithoutPermission(t *testing.T) {
	dir := writeFiles(t, map[string]string{"d/closed.txt": "x", "d/open.txt": "o", "d/folder/x.txt": "x"})
	closed := []string{filepath.Join(dir, "d", "closed.txt"), filepath.Join(dir, "d", "folder")}
	for _, path := range closed {
		if err := os.Chmod(path, 0); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { _ = os.Chmod(closed[1], 0o755) })
	unprivileged.Do(t, func() {
		documents, skips := collect(t, nil, filepath.Join(dir, "d"))
		expect(t, "ids", ids(documents), []string{"d/open.txt"})
		expect(t, "skips", skips, []string{"closed.txt: permission denied", "folder: permission denied"})
		if _, err := Read(closed[1:], nil); !errors.Is(err, fs.ErrPermission) {
			t.Errorf("error %v, want no permission", err)
		}
	})
}

func TestReadStops(t *testing.T) {
	dir := writeFiles(t, map[string]string{"a.txt": "a", "b.txt": "b", "c.jsonl": "x\nx\nx\n", "d.csv": "id\n1\n2\n", "e.md": "a\n# b\nc\n# d\ne"})
	sequence, err := Read([]string{dir, dir}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for stop := range 9 {
		seen := 0
		for _, err := range sequence {
			if skip := (*bertsearch.Skip)(nil); err != nil && !errors.As(err, &skip) {
				t.Error(err)
			}
			if seen++; seen > stop {
				break
			}
		}
	}
}

func TestReadStdin(t *testing.T) {
	sequence, err := Read([]string{"-"}, &Options{Stdin: strings.NewReader(`{"_id":"x","text":"t","k":1}`)})
	if err != nil {
		t.Fatal(err)
	}
	for d, err := range sequence {
		if want := (bertsearch.Document{ID: "x", Text: "t", Fields: map[string]any{"k": int64(1)}}); err != nil || !reflect.DeepEqual(d, want) {
			t.Errorf("got %#v (%v), want it as it was written, without an origin", d, err)
		}
	}
}

// byID indexes documents, which must have different ids.
func byID(t *testing.T, documents []bertsearch.Document) map[string]bertsearch.Document {
	t.Helper()
	m := map[string]bertsearch.Document{}
	for _, d := range documents {
		if _, again := m[d.ID]; again {
			t.Errorf("two documents have the id %q", d.ID)
		}
		m[d.ID] = d
	}
	if len(m) == 0 {
		t.Fatal("no documents")
	}
	return m
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
