package train

import (
	"slices"
	"strings"
	"testing"
)

func TestReadPairs(t *testing.T) {
	got, err := ReadPairs(strings.NewReader("{\"query\":\"q\",\"positive\":\"p\",\"negative_id\":\"7\"}\n\n{\"query\":\"r\",\"positive_id\":\"8\",\"more\":1}"), "f")
	want := []Pair{{Query: "q", Positive: "p", NegativeID: "7"}, {Query: "r", PositiveID: "8"}}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %+v (%v), want %+v", got, err, want)
	}
	for text, wrong := range map[string]string{
		"\n{\"query\":\"q\"}":  "f:2: a pair needs a \"positive\"",
		"{\"positive\":\"p\"}": "f:1: a pair needs a \"query\"",
		"nonsense":             "f:1:",
		"{\"query\":\"q\",\"positive\":\"p\",\"positive_id\":\"1\"}": "not both",
	} {
		if _, err := ReadPairs(strings.NewReader(text), "f"); err == nil || !strings.Contains(err.Error(), wrong) {
			t.Errorf("%q: %v, want %q", text, err, wrong)
		}
	}
}

func FuzzReadPairs(f *testing.F) {
	f.Add(`{"query":"q","positive":"p"}`)
	f.Fuzz(func(t *testing.T, text string) {
		pairs, err := ReadPairs(strings.NewReader(text), "f")
		for _, p := range pairs {
			if p.Validate() != nil {
				t.Errorf("%q gives %+v (%v)", text, p, err)
			}
		}
	})
}
