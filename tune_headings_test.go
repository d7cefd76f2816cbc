package bertsearch

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func TestSections(t *testing.T) {
	text := "Before.\n# First heading #\nOne.\n\n```sh\n# a comment\n~~~\n```\nTwo.\n##no heading\n####### nor this\n###   Second\n#\nLast."
	want := []section{
		{"First heading", "One.\n\n```sh\n# a comment\n~~~\n```\nTwo.\n##no heading\n####### nor this"},
		{"Second", "#\nLast."},
	}
	if got := sections(text); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := sections("no heading\nat all"); got != nil {
		t.Errorf("of plain text: %q", got)
	}
}

func TestPairsOfSections(t *testing.T) {
	body := strings.Repeat("The keys are changed every month. ", 4)
	random := rand.New(rand.NewPCG(1, 2))
	text := "# Introduction\n" + body + "\n## Changing the keys\n" + body + "Ask first.\n## Too short\nNo.\n"
	p, ok := pairOf("Handbook", text, random)
	if !ok || p.Query != "Changing the keys" || p.Positive != body+"Ask first." {
		t.Errorf("pair %+v, %v", p, ok)
	}
	if p, ok := pairOf("Handbook", "# Introduction\n"+body, nil); !ok || p.Query != "Handbook" {
		t.Errorf("without a telling heading: %+v, %v", p, ok)
	}
	code := "# the keys are changed\ndef change(keys):\n    \"\"\"Changes all the keys that there are.\"\"\"\n" + strings.Repeat("    keys.change()  # one by one\n", 4)
	if p, ok := pairOf("", code, nil); !ok || p.Query != "Changes all the keys that there are." {
		t.Errorf("of code: %+v, %v", p, ok)
	}
	if p, ok := pairOf("Handbook", body, nil); !ok || p.Query != "Handbook" || p.Positive != strings.TrimSpace(body) {
		t.Errorf("without headings: %+v, %v", p, ok)
	}
}
