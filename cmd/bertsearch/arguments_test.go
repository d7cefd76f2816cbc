package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"
)

func TestArrange(t *testing.T) {
	commands := []*cli.Command{
		{Name: "query", Flags: []cli.Flag{
			&cli.StringFlag{Name: "db"}, &cli.IntFlag{Name: "k"},
			&cli.BoolFlag{Name: "json"}, &cli.StringFlag{Name: "filter", Aliases: []string{"f"}},
		}},
		{Name: "model", Subcommands: []*cli.Command{
			{Name: "export", Flags: []cli.Flag{&cli.StringFlag{Name: "model"}}},
		}},
	}
	for _, c := range []struct{ args, want string }{
		{"", ""},
		{"query", "query"},
		{"query keys", "query -- keys"},
		{"query keys -db a --json rotate -k 5", "query -db a --json -k 5 -- keys rotate"},
		{"query -db=a keys --filter=x", "query -db=a --filter=x -- keys"},
		{"query -k -1 keys", "query -k -1 -- keys"},
		{"query keys -k -1", "query -k -1 -- keys"},
		{"query keys -1 -k 2", "query -k 2 -- keys -1"},
		{"query keys -f -- x", "query -f -- -- keys x"},
		{"query -db a - --json", "query -db a --json -- -"},
		{"query --json -- -db -k", "query --json -- -db -k"},
		{"query keys -db", "query -db"},
		{"query keys --unknown 3", "query --unknown -- keys 3"},
		{"query keys --json -h", "query --help"},
		{"query -- -h", "query -- -h"},
		{"query -f -h keys", "query -f -h -- keys"},
		{"query model export", "query -- model export"},
		{"model export dir --model m", "model export --model m -- dir"},
		{"model", "model"},
		{"model --help", "model --help"},
		{"model nope --model m", "model nope --model m"},
		{"frobnicate -k 3 x", "frobnicate -k 3 x"},
		{"--help", "--help"},
	} {
		args := append([]string{"bertsearch"}, strings.Fields(c.args)...)
		before := slices.Clone(args)
		got := strings.Join(arrange(commands, args)[1:], " ")
		if got != c.want {
			t.Errorf("%q: got %q, want %q", c.args, got, c.want)
		}
		if !slices.Equal(args, before) {
			t.Errorf("%q: the arguments were changed", c.args)
		}
	}
}
