package embed

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/bertsearch/bertsearch/tokenizer"
)

func count(b *BERT, text string) int {
	var e tokenizer.Encoding
	b.tokens.Encode(&e, text, 0)
	return e.Len()
}

// checkPassages verifies what must hold for any cut: ranges in order, within
// the text, on runes, covering every word, each small enough.
func checkPassages(t *testing.T, b *BERT, title, text string, spans []Span) {
	t.Helper()
	if len(spans) == 0 {
		t.Fatalf("no passage of %.40q", text)
	}
	covered := 0
	for i, s := range spans {
		if s.Start < 0 || s.End < s.Start || s.End > len(text) || i > 0 && (s.Start <= spans[i-1].Start || s.End <= spans[i-1].End) {
			t.Fatalf("passage %d of %.40q is %v after %v", i, text, s, spans[max(i-1, 0)])
		}
		if gap := text[min(covered, s.Start):s.Start]; strings.TrimSpace(gap) != "" {
			t.Fatalf("%.40q is in no passage", gap)
		}
		covered = s.End
		if utf8.ValidString(text) && !utf8.ValidString(text[s.Start:s.End]) {
			t.Fatalf("passage %d of %.40q cuts a rune", i, text)
		}
		if n := count(b, PassageText(title, text[s.Start:s.End])); n > b.options.PassageTokens && len(spans) > 1 {
			t.Fatalf("passage %d of %.40q has %d tokens, the limit is %d", i, text, n, b.options.PassageTokens)
		}
	}
	if rest := text[covered:]; strings.TrimSpace(rest) != "" {
		t.Fatalf("the end %.40q is in no passage", rest)
	}
}

func TestPassagesOfShortTexts(t *testing.T) {
	b := open(t, nil)
	for _, text := range []string{"", "  ", "one sentence", " with space around. Twice. ", strings.Repeat("x", 1<<20)} {
		if got := b.Passages("A title", text); len(got) != 1 || got[0] != (Span{0, len(text)}) {
			t.Errorf("%.20q: %v, want all of it", text, got)
		}
	}
}

func TestPassagesAreWholeSentences(t *testing.T) {
	b := open(t, &Options{PassageTokens: 32, Overlap: 8})
	var text strings.Builder
	for i := range 40 {
		fmt.Fprintf(&text, "Sentence number %d ends here. ", i)
	}
	spans := b.Passages("Title", text.String())
	checkPassages(t, b, "Title", text.String(), spans)
	for i, s := range spans {
		p := text.String()[s.Start:s.End]
		first, last := i == 0, i == len(spans)-1 // end, begin where they are full
		if !strings.HasPrefix(p, "Sentence") && !last || !strings.HasSuffix(p, "here.") && !first {
			t.Errorf("passage %q is not whole sentences", p)
		}
		if n := count(b, PassageText("Title", p)); (first || last) && n < 30 {
			t.Errorf("passage %d has %d tokens, want the room of 32 filled up to a word", i, n)
		}
		if i > 0 && s.Start >= spans[i-1].End {
			t.Errorf("passage %d does not overlap the one before", i)
		}
	}
	none := open(t, &Options{PassageTokens: 32, Overlap: -1}).Passages("Title", text.String())
	for i := 1; i < len(none); i++ {
		if none[i].Start < none[i-1].End {
			t.Errorf("passage %d overlaps although no overlap is wanted", i)
		}
	}
}

// The first passage has the tokens that the document cut off at the model's
// length has, also where what is cut has no white space.
func TestFirstPassageIsFull(t *testing.T) {
	b := open(t, nil)
	for _, word := range []string{"tree ", "tree. ", "f(x)+", "/path", "2[log(m+1)]+[m/p][log(n/m)] "} {
		text := strings.Repeat(word, 2000)
		spans := b.Passages("", text)
		checkPassages(t, b, "", text, spans)
		if n, limit := count(b, text[spans[0].Start:spans[0].End]), b.options.PassageTokens; n < limit-1 {
			t.Errorf("the first passage of %.40q has %d of %d tokens", text, n, limit)
		}
	}
}

func TestPassagesOfRandomTexts(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 9))
	parts := []string{"a", "word ", "longer ", ". ", "! ", "\n", "\n\n", "。", "東京", "é", "x.y", "Dr. ", "  ", "(\")", "-", "\xff", "12.5 ", "unbelievable "}
	b := open(t, &Options{PassageTokens: 16, Overlap: 5})
	for range 300 {
		var text strings.Builder
		for range random.IntN(200) {
			text.WriteString(parts[random.IntN(len(parts))])
		}
		title := strings.Repeat("title ", random.IntN(5))
		checkPassages(t, b, title, text.String(), b.Passages(title, text.String()))
	}
}

// TestPassagesOfHugeTexts wants linear time: these take well under a second
// each, and many minutes where it is quadratic.
func TestPassagesOfHugeTexts(t *testing.T) {
	b := open(t, nil)
	const size = 2 << 20
	for _, unit := range []string{"x", " ", "-", "é", "word ", ".", "A. ", "\n", "x\n"} {
		text := strings.Repeat(unit, size/len(unit))
		start := time.Now()
		spans := b.Passages("Title", text)
		if d := time.Since(start); d > time.Minute {
			t.Errorf("2 MB of %q took %v", unit, d)
		}
		if last := spans[len(spans)-1]; strings.TrimSpace(text[last.End:]) != "" {
			t.Errorf("2 MB of %q: the last passage is %v", unit, last)
		}
	}
}

func TestPassagesWithLongTitle(t *testing.T) {
	b := open(t, &Options{PassageTokens: 32})
	title, text := strings.Repeat("title ", 500), strings.Repeat("Some text is here. ", 50)
	spans := b.Passages(title, text)
	if len(spans) < 2 || spans[len(spans)-1].End != len(strings.TrimSpace(text)) {
		t.Errorf("cut into %v", spans)
	}
}

func TestSentences(t *testing.T) {
	for text, want := range map[string][]string{
		"":                             nil,
		"No end":                       {"No end"},
		"One. Two! Three? Four… Five.": {"One. ", "Two! ", "Three? ", "Four… ", "Five."},
		"Dr. Smith met J. Doe, e.g. Tuesday. Then left.": {"Dr. Smith met J. Doe, e.g. Tuesday. ", "Then left."},
		"It costs 3.5 dollars. See fig. 2 there.":        {"It costs 3.5 dollars. ", "See fig. 2 there."},
		"He said \"Stop!\" Then he left.":                {"He said \"Stop!\" ", "Then he left."},
		"approx. five of them. and more":                 {"approx. five of them. and more"},
		"Wrapped\nline goes on. Next":                    {"Wrapped\nline goes on. ", "Next"},
		"A heading\n\nA paragraph":                       {"A heading\n\n", "A paragraph"},
		"List:\n- one\n- two\n* three":                   {"List:\n", "- one\n", "- two\n", "* three"},
		"これは文です。次の文！終わり":                                 {"これは文です。", "次の文！", "終わり"},
		"Wait... What?!  Yes.":                           {"Wait... ", "What?!  ", "Yes."},
	} {
		var got []string
		for rest := text; rest != ""; {
			end := sentenceEnd(rest, 1000)
			got = append(got, rest[:end])
			rest = rest[end:]
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	if end := sentenceEnd("some words without an end", 12); end != len("some words ") {
		t.Errorf("a long sentence is cut at %d", end)
	}
	if end := sentenceEnd(strings.Repeat("é", 20), 7); end != 8 {
		t.Errorf("a long word is cut at %d, want a border of runes after 7", end)
	}
}

func FuzzPassages(f *testing.F) {
	b := open(f, &Options{PassageTokens: 12, Overlap: 4})
	f.Add("Title", "One. Two. Three three three three three three three three.")
	f.Add("", "東京。大阪！\xff\xff x")
	f.Add("t t t t t t t t t t t t t t t t", "\n\n- a\n- b. C")
	f.Fuzz(func(t *testing.T, title, text string) {
		covered := 0
		for _, s := range b.Passages(title, text) {
			if s.Start < 0 || s.End > len(text) || s.End < s.Start || s.End < covered {
				t.Fatalf("%v of %d bytes", s, len(text))
			}
			if strings.TrimSpace(text[min(covered, s.Start):s.Start]) != "" {
				t.Fatalf("a hole before %v", s)
			}
			covered = s.End
		}
		if strings.TrimSpace(text[covered:]) != "" {
			t.Fatalf("%q is left over", text[covered:])
		}
	})
}
