package keyword

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/blevesearch/bleve/v2/analysis"
	"github.com/blevesearch/bleve/v2/registry"

	// Each analyzer announces itself to Bleve's registry under its name.
	_ "github.com/blevesearch/bleve/v2/analysis/analyzer/standard"
	_ "github.com/blevesearch/bleve/v2/analysis/lang/ar"
	_ "github.com/blevesearch/bleve/v2/analysis/lang/cjk"
	_ "github.com/blevesearch/bleve/v2/analysis/lang/ckb"
	_ "github.com/blevesearch/bleve/v2/analysis/lang/da"
	_ "github.com/blevesearch/bleve/v2/analysis/lang/de"
	_ "github.com/blevesearch/bleve/v2/analysis/lang/en"
	_ "github.com/blevesearch/bleve/v2/analysis/lang/es"
	_ "github.com/blevesearch/bleve/v2/analysis/lang/fa"
	_ "github.com/blevesearch/bleve/v2/analysis/lang/fi"
	_ "github.com/blevesearch/bleve/v2/analysis/lang/fr"
	_ "github.com/blevesearch/bleve/v2/analysis/lang/hi"
	_ "github.com/blevesearch/bleve/v2/analysis/lang/hr"
	_ "github.com/blevesearch/bleve/v2/analysis/lang/hu"
	_ "github.com/blevesearch/bleve/v2/analysis/lang/it"
	_ "github.com/blevesearch/bleve/v2/analysis/lang/nl"
	_ "github.com/blevesearch/bleve/v2/analysis/lang/no"
	_ "github.com/blevesearch/bleve/v2/analysis/lang/pt"
	_ "github.com/blevesearch/bleve/v2/analysis/lang/ro"
	_ "github.com/blevesearch/bleve/v2/analysis/lang/ru"
	_ "github.com/blevesearch/bleve/v2/analysis/lang/sv"
	_ "github.com/blevesearch/bleve/v2/analysis/lang/tr"
)

// maxTermBytes is the length above which a token is no word: base64, a data
// URL, ten megabytes without a space. Such tokens are not indexed.
const maxTermBytes = 255

var languages = []string{
	"ar", "cjk", "ckb", "da", "de", "en", "es", "fa", "fi", "fr", "hi", "hr", "hu",
	"it", "nl", "no", "pt", "ro", "ru", "standard", "sv", "tr",
}

// Languages lists the analyzers by name: ISO 639 codes, "cjk" for Chinese,
// Japanese and Korean in overlapping pairs of characters, and "standard",
// which neither stems nor knows a language but drops English stop words.
func Languages() []string { return slices.Clone(languages) }

func newAnalyzer(language string) (analysis.Analyzer, error) {
	if !slices.Contains(languages, language) {
		return nil, fmt.Errorf("keyword: no analyzer for language %q; there are %s",
			language, strings.Join(languages, ", "))
	}
	a, err := registry.NewCache().AnalyzerNamed(language)
	if err != nil {
		return nil, fmt.Errorf("keyword: analyzer %q: %w", language, err)
	}
	if d, ok := a.(*analysis.DefaultAnalyzer); ok {
		plain := *d
		stop := func(word string) bool { return len(plain.Analyze([]byte(word))) == 0 }
		d.TokenFilters = slices.Concat([]analysis.TokenFilter{identifiers{stop}}, d.TokenFilters)
	}
	return a, nil
}

// analyse cuts text into terms.
func analyse(a analysis.Analyzer, text string) analysis.TokenStream {
	return slices.DeleteFunc(a.Analyze(validBytes(text)), func(t *analysis.Token) bool {
		return len(t.Term) == 0 || len(t.Term) > maxTermBytes
	})
}

// validBytes returns a copy of text, which analyzers may write into, with a
// space for each byte that is no UTF-8: tokenizers stop at such a byte, and
// offsets must stay those of the text.
func validBytes(text string) []byte {
	b := []byte(text)
	for i := 0; i < len(b); {
		r, size := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && size == 1 {
			b[i] = ' '
		}
		i += size
	}
	return b
}
