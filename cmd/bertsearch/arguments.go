package main

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// arrange moves the flags of a command in front of its positional arguments,
// since urfave/cli reads no flag after the first positional one. What follows
// "--" is positional, and so is "-". args begins with the program's name.
func arrange(commands []*cli.Command, args []string) []string {
	command, depth := findCommand(commands, args)
	if command == nil || len(command.Subcommands) > 0 {
		return args
	}
	flags, positional := splitFlags(command, args[depth:])
	arranged := slices.Concat(args[:depth], flags)
	if len(positional) > 0 {
		arranged = append(append(arranged, "--"), positional...)
	}
	return arranged
}

// findCommand follows the names at the start of args as far as they lead, and
// returns the command and the number of arguments that named it.
func findCommand(commands []*cli.Command, args []string) (command *cli.Command, depth int) {
	for depth = 1; depth < len(args); depth++ {
		i := slices.IndexFunc(commands, func(c *cli.Command) bool { return c.HasName(args[depth]) })
		if i < 0 {
			break
		}
		command, commands = commands[i], commands[i].Subcommands
	}
	return command, depth
}

// splitFlags separates flags, each with its value, from positional arguments.
// A flag that lacks its value ends the list of flags and drops the positional
// arguments, so that the parser finds nothing to take for the value and says so.
// A request for help is all that counts.
func splitFlags(command *cli.Command, args []string) (flags, positional []string) {
	for i := 0; i < len(args); i++ {
		arg := args[i]
		switch {
		case arg == "--":
			return flags, append(positional, args[i+1:]...)
		case isHelp(arg):
			return []string{"--help"}, nil // an argument would be taken for a topic
		case !strings.HasPrefix(arg, "-") || arg == "-" || isNegative(arg):
			positional = append(positional, arg)
		case !takesValue(command, arg):
			flags = append(flags, arg)
		case i+1 == len(args):
			return append(flags, arg), nil
		default:
			flags = append(flags, arg, args[i+1])
			i++
		}
	}
	return flags, positional
}

func isHelp(flag string) bool {
	switch flag {
	case "-h", "--h", "-help", "--help":
		return true
	}
	return false
}

// isNegative reports a number below zero, for no flag begins with a digit.
func isNegative(arg string) bool {
	return len(arg) > 1 && arg[0] == '-' && arg[1] >= '0' && arg[1] <= '9'
}

// takesValue reports whether the value of a flag is the argument after it.
func takesValue(command *cli.Command, arg string) bool {
	name := strings.TrimPrefix(strings.TrimPrefix(arg, "-"), "-")
	for _, flag := range command.Flags {
		if slices.Contains(flag.Names(), name) {
			described, ok := flag.(cli.DocGenerationFlag)
			return ok && described.TakesValue()
		}
	}
	return false // unknown, has its value after "=", or a switch
}
