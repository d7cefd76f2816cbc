package source

import (
	"bytes"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"golang.org/x/net/html/charset"

	"github.com/bertsearch/bertsearch"
)

// html reads a page as one document: the text that a reader came for, with the
// page's title. The language that the page declares is the field lang.
func (r *reader) html(content []byte, path, id string) error {
	page, err := parsePage(content)
	if err != nil {
		return r.skip(path, 0, reason(err))
	}
	d := bertsearch.Document{ID: id, Title: page.title, Text: page.text}
	if d.Title == "" {
		d.Title = fileTitle(id)
	}
	if page.language != "" {
		d.Fields = map[string]any{"lang": page.language}
	}
	return r.document(d, path, 0)
}

// page is what is kept of an HTML file.
type page struct {
	title, language, text string
}

// parsePage reads a page, in the encoding that it declares. Text comes from the elements that hold content; if
// nothing is left of the page without its navigation, that is its content.
func parsePage(content []byte) (page, error) {
	encoding, _, _ := charset.DetermineEncoding(content, "text/html")
	document, err := html.Parse(encoding.NewDecoder().Reader(bytes.NewReader(content)))
	if err != nil {
		return page{}, err
	}
	var p page
	var firstHeading string
	for n := range document.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		switch {
		case n.DataAtom == atom.Html && p.language == "":
			p.language = attribute(n, "lang")
		case n.DataAtom == atom.Title && n.Namespace == "" && p.title == "":
			p.title = oneLine(textOf(n, false))
		case n.DataAtom == atom.H1 && firstHeading == "":
			firstHeading = oneLine(textOf(n, false))
		}
	}
	if p.title == "" {
		p.title = firstHeading
	}
	if p.text = textOf(document, true); p.text == "" {
		p.text = textOf(document, false)
	}
	return p, nil
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Namespace == "" && a.Key == name {
			return a.Val
		}
	}
	return ""
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// textOf returns the text below n: white space collapsed but in <pre>, a line
// break where a block begins or ends, a blank line around a paragraph. With
// content it leaves out navigation and the like.
func textOf(n *html.Node, content bool) string {
	w := textWriter{content: content}
	w.children(n, n.DataAtom == atom.Pre)
	return strings.TrimSpace(w.b.String())
}

// textWriter lays out text.
type textWriter struct {
	content bool
	b       strings.Builder
	breaks  int  // line breaks due before the next word
	space   bool // a space is due before the next word
	article int  // how many <article> and <main> are open
}

// children writes what is below n. The parser bounds how deep that is.
func (w *textWriter) children(n *html.Node, verbatim bool) {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		switch c.Type {
		case html.TextNode:
			w.text(c.Data, verbatim)
		case html.ElementNode:
			w.element(c, verbatim)
		}
	}
}

func (w *textWriter) element(n *html.Node, verbatim bool) {
	if w.leftOut(n) {
		return
	}
	breaks := lineBreaks(n.DataAtom)
	w.breaks = max(w.breaks, breaks)
	switch n.DataAtom {
	case atom.Br:
		w.breaks++
	case atom.Td, atom.Th:
		w.space = true
	case atom.Article, atom.Main:
		w.article++
		defer func() { w.article-- }()
	case atom.Pre, atom.Textarea:
		verbatim = true
	}
	w.children(n, verbatim)
	w.breaks = max(w.breaks, breaks)
}

// leftOut reports whether an element holds no text for a reader: scripts
// always, and in content mode what surrounds the page's content. A header
// or footer inside an article is part of it.
func (w *textWriter) leftOut(n *html.Node) bool {
	switch n.DataAtom {
	case atom.Script, atom.Style, atom.Template, atom.Noscript, atom.Head, atom.Svg, atom.Math,
		atom.Iframe, atom.Object, atom.Audio, atom.Video, atom.Canvas, atom.Select, atom.Button:
		return true
	case atom.Nav, atom.Aside, atom.Dialog:
		return w.content
	case atom.Header, atom.Footer:
		return w.content && w.article == 0
	}
	return w.content && hidden(n)
}

func hidden(n *html.Node) bool {
	for _, a := range n.Attr {
		if a.Key == "hidden" || a.Key == "aria-hidden" && a.Val == "true" {
			return true
		}
	}
	return false
}

// lineBreaks is how many line breaks stand around a block, 0 for an inline element.
func lineBreaks(a atom.Atom) int {
	switch a {
	case atom.P, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Pre, atom.Blockquote,
		atom.Ul, atom.Ol, atom.Dl, atom.Table, atom.Article, atom.Section, atom.Main, atom.Figure, atom.Hr:
		return 2
	case atom.Div, atom.Li, atom.Dt, atom.Dd, atom.Tr, atom.Caption, atom.Figcaption, atom.Header,
		atom.Footer, atom.Nav, atom.Aside, atom.Address, atom.Details, atom.Summary, atom.Form,
		atom.Fieldset, atom.Option, atom.Title, atom.Body:
		return 1
	}
	return 0
}

// text writes a piece of text after the breaks or the space due before it.
func (w *textWriter) text(text string, verbatim bool) {
	if verbatim {
		w.due()
		w.b.WriteString(text)
		return
	}
	for i, word := range strings.Fields(text) {
		if i > 0 || strings.TrimLeft(text, " \t\r\n\f") != text {
			w.space = true
		}
		w.due()
		w.b.WriteString(word)
	}
	if strings.TrimRight(text, " \t\r\n\f") != text {
		w.space = true
	}
}

// due writes what is due before a word; nothing is at the start.
func (w *textWriter) due() {
	switch {
	case w.b.Len() == 0:
	case w.breaks > 0:
		w.b.WriteString(strings.Repeat("\n", min(2, w.breaks)))
	case w.space:
		w.b.WriteByte(' ')
	}
	w.breaks, w.space = 0, false
}
