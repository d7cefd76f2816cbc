package main

import (
	"fmt"

	"github.com/urfave/cli/v2"
)

// chooseCommand runs when no command is named, or one that does not exist.
func (p *program) chooseCommand(c *cli.Context) error {
	switch {
	case c.Args().Present():
		return unknownCommand(c, c.App.Commands)
	case c.Bool("version"):
		return p.version(c)
	}
	return cli.ShowAppHelp(c)
}

// chooseSubcommand is chooseCommand within a group such as model.
func (p *program) chooseSubcommand(c *cli.Context) error {
	if !c.Args().Present() {
		return cli.ShowSubcommandHelp(c)
	}
	return unknownCommand(c, c.Command.Subcommands)
}

// unknownCommand names the command that does not exist and the nearest that does.
func unknownCommand(c *cli.Context, commands []*cli.Command) error {
	name := c.Args().First()
	hint := ""
	if nearest := nearestCommand(commands, name); nearest != "" {
		hint = fmt.Sprintf("did you mean %q? ", nearest)
	}
	return usagef("unknown command %q: %srun \"%s --help\" for the list", name, hint, c.Command.HelpName)
}

// nearestCommand returns the command that name is most likely a slip for, or
// nothing if it is not much like any.
func nearestCommand(commands []*cli.Command, name string) string {
	nearest, least := "", 3
	for _, c := range commands {
		if d := editDistance(c.Name, name); d < least && !c.Hidden {
			nearest, least = c.Name, d
		}
	}
	return nearest
}

// editDistance is the number of bytes to insert, delete or replace to make b
// of a (Levenshtein).
func editDistance(a, b string) int {
	row := make([]int, len(b)+1) // distances from a[:i] to each beginning of b
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
