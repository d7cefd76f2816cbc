package source

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/bertsearch/bertsearch"
)

const webPage = `<!DOCTYPE html><html lang="de"><head><title>
 Brot &amp; Butter</title><style>p{}</style><script>var x = "<p>no</p>"</script></head>
<body><header>Site name</header><nav><a href=x>Home</a></nav>
<main><article><header><h1>Das <em>Brot</em></h1></header>
<p>Frisch   ge<b>backen</b>,
heute.</p><p>Zweiter<br>Absatz</p>
<ul><li>eins</li><li>zwei</li></ul>
<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>
<pre>  if x {
    y
  }</pre><span hidden>unsichtbar</span></article></main>
<aside>Werbung</aside><footer>Impressum</footer></body></html>`

func TestHTML(t *testing.T) {
	dir := writeFiles(t, map[string]string{
		"page.html":   webPage,
		"latin1.html": "<meta charset=iso-8859-1><h1>Caf\xe9</h1>cr\xe8me",
		"menu.htm":    "<nav>Only <a>links</a></nav>",
		"broken.html": "<p>un<b>closed <i>tags</p></b> & <notatag x=\">text",
		"deep.html":   strings.Repeat("<div>", 2000) + "x",
		"blank.xhtml": "",
	})
	paths := func(name string) string { return filepath.Join(dir, name) }
	documents, skips := collect(t, nil, paths("page.html"), paths("latin1.html"), paths("menu.htm"), paths("broken.html"), paths("blank.xhtml"))
	expect(t, "documents", documents, []bertsearch.Document{
		{ID: "page.html", Title: "Brot & Butter", Fields: map[string]any{"lang": "de"}, Text: "Das Brot\n\n" +
			"Frisch gebacken, heute.\n\nZweiter\nAbsatz\n\neins\nzwei\n\na b\nc\n\n  if x {\n    y\n  }"},
		{ID: "latin1.html", Title: "Café", Text: "Café\n\ncrème"},
		{ID: "menu.htm", Title: "menu", Text: "Only links"},
		{ID: "broken.html", Title: "broken", Text: "unclosed tags\n\n&"},
		{ID: "blank.xhtml", Title: "blank"},
	})
	expect(t, "skips", skips, []string(nil))
	if documents, skips := collect(t, nil, paths("deep.html")); len(documents) != 0 || len(skips) != 1 {
		t.Errorf("nested beyond the parser's bound: got %v, %q", documents, skips)
	}
}

func FuzzHTML(f *testing.F) {
	f.Add([]byte(webPage))
	f.Add([]byte("<svg><title>a</title></svg><template><p>x</template><table><pre>\n y<td>z"))
	f.Fuzz(func(t *testing.T, data []byte) {
		readAll(t, func(r *reader) error { return r.html(data, "f", "f") })
	})
}
