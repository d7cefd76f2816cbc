package source

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"

	"github.com/bertsearch/bertsearch"
)

// markdown reads a file as one document a section. What stands before the first
// heading has the file's id; a section has the anchor that web sites give to
// its heading appended, and the headings above it in its title. A heading with
// nothing but smaller headings below it is no document: it is in their titles.
func (r *reader) markdown(content, path, id string) error {
	title, body := splitFrontMatter(content)
	if title == "" {
		title = fileTitle(id)
	}
	line, counted := 1+strings.Count(content[:len(content)-len(body)], "\n"), 0
	for _, s := range splitSections(body) {
		d := bertsearch.Document{ID: id, Title: title, Text: s.text}
		if s.anchor != "" {
			d.ID, d.Title = id+"#"+s.anchor, strings.Join(s.path, " › ")
		}
		line, counted = line+strings.Count(body[counted:s.start], "\n"), s.start
		if err := r.document(d, path, line); err != nil {
			return err
		}
	}
	return nil
}

// section is what stands between two headings.
type section struct {
	path   []string // the headings above it and its own, largest first
	anchor string   // "" before the first heading
	start  int      // byte offset of the heading, or of the text before the first
	text   string   // without the heading and the white space around
}

// heading is a heading and the bytes that it takes.
type heading struct {
	level      int
	text       string
	start, end int
}

// splitSections cuts Markdown at its headings. There is at least one section,
// though it be empty.
func splitSections(content string) []section {
	headings := findHeadings([]byte(content))
	end := len(content)
	if len(headings) > 0 {
		end = headings[0].start
	}
	var sections []section
	if body := strings.TrimSpace(content[:end]); body != "" || len(headings) == 0 {
		sections = append(sections, section{text: body})
	}
	var open []heading // the headings above, each of a smaller level than the next
	anchors := anchorSet{}
	for i, h := range headings {
		for len(open) > 0 && open[len(open)-1].level >= h.level {
			open = open[:len(open)-1]
		}
		open = append(open, h)
		next, hasChild := len(content), false
		if i+1 < len(headings) {
			next, hasChild = headings[i+1].start, headings[i+1].level > h.level
		}
		s := section{anchor: anchors.name(h.text), start: h.start, text: strings.TrimSpace(content[h.end:next])}
		if s.text == "" && hasChild {
			continue
		}
		for _, above := range open {
			s.path = append(s.path, above.text)
		}
		sections = append(sections, s)
	}
	return sections
}

// findHeadings returns the headings of the document itself, not those inside
// quotations, lists or code.
func findHeadings(content []byte) []heading {
	document := parser.NewParser(
		parser.WithBlockParsers(parser.DefaultBlockParsers()...),
		parser.WithInlineParsers(parser.DefaultInlineParsers()...),
		parser.WithParagraphTransformers(parser.DefaultParagraphTransformers()...),
	).Parse(text.NewReader(content))
	var headings []heading
	for n := document.FirstChild(); n != nil; n = n.NextSibling() {
		h, ok := n.(*ast.Heading)
		if !ok {
			continue
		}
		words := strings.TrimSpace(plainText(h, content))
		if words == "" {
			continue // it divides nothing that a reader could name
		}
		start, end := headingLines(content, h.Lines())
		headings = append(headings, heading{h.Level, words, start, end})
	}
	return headings
}

// headingLines returns the bytes of a heading with its marks, given its text: a
// line with # before the text, or lines with an underline below.
func headingLines(content []byte, lines *text.Segments) (start, end int) {
	first, last := lines.At(0).Start, lines.At(lines.Len()-1).Start
	start = bytes.LastIndexByte(content[:first], '\n') + 1
	end = nextLine(content, last)
	if bytes.IndexByte(content[start:first], '#') < 0 {
		end = nextLine(content, end)
	}
	return start, end
}

// nextLine returns where the line after the one at offset begins.
func nextLine(content []byte, offset int) int {
	if length := bytes.IndexByte(content[offset:], '\n'); length >= 0 {
		return offset + length + 1
	}
	return len(content)
}

// plainText returns the words below a node without emphasis, links and the like.
func plainText(n ast.Node, content []byte) string {
	var b strings.Builder
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		switch n := n.(type) {
		case *ast.Text:
			if entering {
				b.Write(n.Segment.Value(content))
				if n.SoftLineBreak() || n.HardLineBreak() {
					b.WriteByte(' ')
				}
			}
		case *ast.String:
			if entering {
				b.Write(n.Value)
			}
		case *ast.AutoLink:
			if entering {
				b.Write(n.Label(content))
			}
		}
		return ast.WalkContinue, nil // the walk returns only errors of this function
	})
	return b.String()
}

// anchorSet holds the anchors given out in a file, each with the number to try
// next if it is wanted again.
type anchorSet map[string]int

// name returns the anchor of a heading by GitHub's rule: lower case, spaces to
// hyphens, other punctuation dropped, and -1, -2, … after one that was there.
func (a anchorSet) name(heading string) string {
	base := strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r):
			return unicode.ToLower(r)
		}
		return -1
	}, heading)
	if base == "" {
		base = "section"
	}
	anchor, n := base, a[base]
	for a[anchor] > 0 {
		anchor = fmt.Sprintf("%s-%d", base, n)
		n++
	}
	a[base] = max(1, n)
	a[anchor] = max(1, a[anchor])
	return anchor
}

// splitFrontMatter takes a block of settings between lines of --- off the start
// of a file and returns the title in it, if there is one.
func splitFrontMatter(content string) (title, rest string) {
	first, after, _ := strings.Cut(content, "\n")
	if strings.TrimRight(first, " \r") != "---" {
		return "", content
	}
	for line := range strings.Lines(after) {
		after = after[len(line):]
		line = strings.TrimSpace(line)
		if line == "---" || line == "..." {
			return title, after
		}
		if value, found := strings.CutPrefix(line, "title:"); found {
			title = strings.Trim(strings.TrimSpace(value), `"'`)
		}
	}
	return "", content // it does not end, so it is a rule and not a block
}
