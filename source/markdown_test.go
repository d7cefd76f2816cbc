package source

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bertsearch/bertsearch"
)

const guide = `---
title: "The Guide"
tags: [a]
---
Before any heading.

# Guide #

## Install *fast*

Run it.

### Linux

` + "```sh\n# not a heading\n```" + `

## Install fast

Again, [link](x).

> # quoted heading

Two lines
of a heading
============
Under ` + "`it`" + `.

## Empty at the end
`

func TestMarkdown(t *testing.T) {
	dir := writeFiles(t, map[string]string{"guide.md": guide, "plain.md": "just text\r\n", "empty.md": ""})
	documents, skips := collect(t, nil, filepath.Join(dir, "guide.md"), filepath.Join(dir, "plain.md"), filepath.Join(dir, "empty.md"))
	expect(t, "skips", skips, []string(nil))
	expect(t, "documents", documents, []bertsearch.Document{
		{ID: "guide.md", Title: "The Guide", Text: "Before any heading."},
		{ID: "guide.md#install-fast", Title: "Guide › Install fast", Text: "Run it."},
		{ID: "guide.md#linux", Title: "Guide › Install fast › Linux", Text: "```sh\n# not a heading\n```"},
		{ID: "guide.md#install-fast-1", Title: "Guide › Install fast", Text: "Again, [link](x).\n\n> # quoted heading"},
		{ID: "guide.md#two-lines-of-a-heading", Title: "Two lines of a heading", Text: "Under `it`."},
		{ID: "guide.md#empty-at-the-end", Title: "Two lines of a heading › Empty at the end"},
		{ID: "plain.md", Title: "plain", Text: "just text"},
		{ID: "empty.md", Title: "empty"},
	})
}

func TestMarkdownLines(t *testing.T) {
	lines := map[string]int{}
	r := &reader{sink: &sink{yield: func(_ bertsearch.Document, err error) bool {
		if skip, ok := err.(*bertsearch.Skip); ok {
			lines[skip.Path] = skip.Line
		}
		return true
	}}}
	// An id that is too long is skipped, with the line of its heading.
	content := "---\ntitle: x\n---\n\n# a\ntext\n\n# " + strings.Repeat("b", bertsearch.MaxIDLength) + "\n"
	if err := r.markdown(content, "f.md", "f.md"); err != nil {
		t.Fatal(err)
	}
	expect(t, "lines", lines, map[string]int{"f.md": 8})
}

func TestMarkdownAnchors(t *testing.T) {
	anchors := anchorSet{}
	for _, test := range []struct{ heading, want string }{
		{"Read & Write", "read--write"}, {"a", "a"}, {"a", "a-1"}, {"a-1", "a-1-1"}, {"A", "a-2"}, {"?!", "section"}, {"Größe_1", "größe_1"},
	} {
		expect(t, test.heading, anchors.name(test.heading), test.want)
	}
}

func TestMarkdownManyHeadings(t *testing.T) {
	began := time.Now()
	sections := splitSections(strings.Repeat("# the same\ntext\n", 50_000))
	if len(sections) != 50_000 || sections[49_999].anchor != "the-same-49999" {
		t.Errorf("%d sections, the last %q", len(sections), sections[len(sections)-1].anchor)
	}
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("took %v: not linear", took)
	}
}

func TestFrontMatter(t *testing.T) {
	for content, want := range map[string][2]string{
		"---\r\ntitle: 'a'\r\n---\r\nb": {"a", "b"},
		"---\ntitle: a\n...\nb":         {"a", "b"},
		"---\nno end":                   {"", "---\nno end"},
		"text\n---\ntitle: a\n---\n":    {"", "text\n---\ntitle: a\n---\n"},
		"":                              {"", ""},
	} {
		title, rest := splitFrontMatter(content)
		expect(t, content, [2]string{title, rest}, want)
	}
}

func FuzzMarkdown(f *testing.F) {
	f.Add(guide)
	f.Add("a\n=\n#\n# #\n#x\n > # q\n\tx\n--\n\n***\n<!--\n# c\n-->\n")
	f.Fuzz(func(t *testing.T, content string) {
		readAll(t, func(r *reader) error { return r.markdown(content, "f", "f") })
		covered := 0
		for _, s := range splitSections(content) {
			if s.start < covered || !strings.Contains(content[s.start:], s.text) {
				t.Fatalf("section %+v out of order in %q", s, content)
			}
			covered = s.start
		}
	})
}
