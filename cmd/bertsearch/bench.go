package main

import "github.com/urfave/cli/v2"

func (p *program) benchCommand() *cli.Command {
	return &cli.Command{
		Name:        "bench",
		Usage:       "measure speed on this machine",
		Action:      p.chooseSubcommand,
		Subcommands: []*cli.Command{p.benchEncodeCommand(), p.benchIndexCommand(), p.benchModelsCommand()},
	}
}
