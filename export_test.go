package bertsearch

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
)

func TestExportImport(t *testing.T) {
	docs := append(manyDocs(40), Document{ID: "odd", Text: "x", Fields: map[string]any{"id": "a field", "_embedding": "another"}}, Document{ID: "empty"})
	for _, vectors := range []bool{false, true} {
		from := openTest(t, nil)
		mustPut(t, from, docs...)
		var out bytes.Buffer
		n, err := from.Export(t.Context(), &out, &ExportOptions{Vectors: vectors})
		if err != nil || n != len(docs) {
			t.Fatalf("exported %d, %v", n, err)
		}
		m := newWordModel()
		to := reopenTest(t, filepath.Join(t.TempDir(), "copy"), m, nil)
		report, err := to.Import(t.Context(), &out, nil)
		if err != nil || report.Added != len(docs) || len(report.Skipped) > 0 {
			t.Fatalf("import %+v, %v", report, err)
		}
		if again := m.embedded.Load(); vectors && again > 0 {
			t.Errorf("%d passages were embedded although the export has vectors", again)
		}
		wantSearchable(t, to, docs[:40])
		var a, b bytes.Buffer
		if _, err := from.Export(t.Context(), &a, nil); err != nil {
			t.Fatal(err)
		}
		if _, err := to.Export(t.Context(), &b, nil); err != nil {
			t.Fatal(err)
		}
		if a.String() != b.String() {
			t.Errorf("the copy differs: %s\n%s", a.String(), b.String())
		}
	}
}

func TestImportOfBadLines(t *testing.T) {
	db := openTest(t, nil)
	lines := []string{
		`{"id":"good","text":"fine"}`,
		`not json`,
		`{"id":"v1","text":"x","_embedding":{"model":"words-1","passages":[{"start":0,"end":9,"vector":""}]}}`,
		`{"id":"v2","text":"x","_embedding":{"model":"words-1","passages":[{"start":0,"end":1,"vector":"AAAA"}]}}`,
		`{"id":"v3","text":"x","_embedding":{"model":"another","passages":[]}}`,
		`{"id":"v4","text":"x","_embedding":7}`,
	}
	report, err := db.Import(t.Context(), strings.NewReader(strings.Join(lines, "\n")), nil)
	if err != nil {
		t.Fatal(err)
	}
	if report.Added != 2 || len(report.Skipped) != 4 || report.Skipped[0].Line != 2 {
		t.Errorf("report %+v", report)
	}
}
