package main

import (
	"strings"
	"testing"

	"github.com/bertsearch/bertsearch/cmd/bertsearch/internal/terminal"
)

func TestComplete(t *testing.T) {
	commands := (&program{}).app().Commands
	for _, c := range []struct {
		typed []string
		want  string
	}{
		{[]string{"ex"}, "export"},
		{[]string{"query", "--mo"}, "--model --mode"},
		{[]string{"query", "-k"}, "-k"},
		{[]string{"query", "--mode", ""}, "hybrid dense keyword"},
		{[]string{"query", "keys", "-mode", "d"}, "dense"},
		{[]string{"query", "-db", ""}, ""},
		{[]string{"query", "ke"}, ""},
		{[]string{"model", ""}, "show verify export list use"},
		{[]string{"model", "export", "--m"}, "--model"},
		{[]string{"nope", ""}, strings.Join(words(namesOf(commands)), " ")},
		{nil, ""},
	} {
		if got := strings.Join(words(complete(commands, c.typed)), " "); got != c.want {
			t.Errorf("%q: got %q, want %q", c.typed, got, c.want)
		}
	}
}

func words(candidates []candidate) []string {
	var out []string
	for _, c := range candidates {
		out = append(out, c.word)
	}
	return out
}

// Every command must say what it does and show how it is called.
func TestEveryCommandHasHelp(t *testing.T) {
	app := (&program{}).app()
	for _, c := range app.Commands {
		if c.Usage == "" || !strings.Contains(c.Description, "bertsearch "+c.Name) && len(c.Subcommands) == 0 {
			t.Errorf("%s: no usage, or no example in its description", c.Name)
		}
		for _, line := range strings.Split(c.Description, "\n") {
			if terminal.Width(line) > 84 {
				t.Errorf("%s: a line of its description is %d cells wide", c.Name, terminal.Width(line))
			}
		}
	}
}
