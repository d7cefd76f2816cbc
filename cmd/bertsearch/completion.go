package main

import (
	"strings"

	"github.com/urfave/cli/v2"
)

// The scripts ask this program for candidates, so they need no change when
// commands do.
const (
	bashCompletion = `_bertsearch() {
	local IFS=$'\n' word=${COMP_WORDS[COMP_CWORD]}
	COMPREPLY=($(compgen -W "$(bertsearch completion words -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null | cut -f1)" -- "$word"))
}
complete -o default -F _bertsearch bertsearch
`
	zshCompletion = `#compdef bertsearch
_bertsearch() {
	local -a found
	found=("${(@f)$(bertsearch completion words -- "${(@)words[2,CURRENT]}" 2>/dev/null)}")
	found=("${(@)found//$'\t'/:}")
	[[ -n $found ]] && _describe bertsearch found || _files
}
compdef _bertsearch bertsearch
`
	fishCompletion = `complete -c bertsearch -a '(bertsearch completion words -- (commandline -opc)[2..] "$(commandline -ct)" 2>/dev/null)'
`
)

func (p *program) completionCommand() *cli.Command {
	return &cli.Command{
		Name:  "completion",
		Usage: "print a script that completes commands and flags in a shell",
		Description: `   source <(bertsearch completion bash)            # in ~/.bashrc
   source <(bertsearch completion zsh)             # in ~/.zshrc, after compinit
   bertsearch completion fish | source             # in ~/.config/fish/config.fish`,
		Action: p.chooseSubcommand,
		Subcommands: []*cli.Command{
			p.scriptCommand("bash", bashCompletion),
			p.scriptCommand("zsh", zshCompletion),
			p.scriptCommand("fish", fishCompletion),
			{Name: "words", Hidden: true, Usage: "print what may stand in place of the last argument", Action: p.completeWords},
		},
	}
}

func (p *program) scriptCommand(shell, script string) *cli.Command {
	return &cli.Command{Name: shell, Usage: "print the script for " + shell, Action: func(c *cli.Context) error {
		p.printf("%s", script)
		return noArguments(c)
	}}
}

// completeWords prints a candidate a line, with a tab and what it means.
func (p *program) completeWords(c *cli.Context) error {
	for _, candidate := range complete(c.App.Commands, c.Args().Slice()) {
		p.printf("%s\t%s\n", candidate.word, candidate.meaning)
	}
	return nil
}

// candidate is a word that may stand on the command line.
type candidate struct{ word, meaning string }

// complete returns what the last of words, which may be empty, can become.
// Where it can be a file, nothing is returned and the shell offers files.
func complete(commands []*cli.Command, words []string) []candidate {
	if len(words) == 0 {
		return nil
	}
	before, last := words[:len(words)-1], words[len(words)-1]
	command, depth := findCommand(commands, append([]string{""}, before...))
	if command != nil && len(before) >= depth && takesValue(command, before[len(before)-1]) {
		return startingWith(last, flagValues(before[len(before)-1]))
	}
	switch {
	case command != nil && strings.HasPrefix(last, "-"):
		return startingWith(last, flagsOf(command))
	case command != nil:
		commands = command.Subcommands
	}
	return startingWith(last, namesOf(commands))
}

func startingWith(beginning string, all []candidate) []candidate {
	var found []candidate
	for _, c := range all {
		if strings.HasPrefix(c.word, beginning) {
			found = append(found, c)
		}
	}
	return found
}

func namesOf(commands []*cli.Command) []candidate {
	var found []candidate
	for _, c := range commands {
		if !c.Hidden {
			found = append(found, candidate{c.Name, c.Usage})
		}
	}
	return found
}

func flagsOf(command *cli.Command) []candidate {
	var found []candidate
	for _, flag := range command.Flags {
		usage := ""
		if described, ok := flag.(cli.DocGenerationFlag); ok {
			usage = strings.ReplaceAll(described.GetUsage(), "`", "")
		}
		name := "--" + flag.Names()[0]
		if len(name) == len("--k") {
			name = name[1:]
		}
		found = append(found, candidate{name, usage})
	}
	return found
}

// flagValues lists the values of a flag that has few.
func flagValues(flag string) []candidate {
	var values []string
	switch strings.TrimLeft(flag, "-") {
	case "mode":
		values = []string{"hybrid", "dense", "keyword"}
	case "fusion":
		values = []string{"auto", "convex", "rrf"}
	case "kind":
		values = []string{"passage", "query"}
	case "engine":
		values = []string{"hnsw", "flat", "coder"}
	case "precision":
		values = precisions
	case "progress":
		values = []string{progressAuto, progressJSON, progressNone}
	}
	found := make([]candidate, len(values))
	for i, value := range values {
		found[i].word = value
	}
	return found
}
