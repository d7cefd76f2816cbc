package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/urfave/cli/v2"

	"github.com/bertsearch/bertsearch/cmd/bertsearch/internal/terminal"
)

// A program is one run of the command: its streams, and where they lead.
type program struct {
	in        io.Reader
	out       *bufio.Writer // results; flushed at the end, and by commands that stream
	errs      io.Writer     // everything else
	outScreen terminal.Screen
	errScreen terminal.Screen
}

func newProgram(in io.Reader, out, errs *os.File) *program {
	return &program{
		in: in, out: bufio.NewWriterSize(out, 64<<10), errs: errs,
		outScreen: terminal.Detect(out), errScreen: terminal.Detect(errs),
	}
}

// run executes args (the program's name first) and returns the exit status.
func (p *program) run(ctx context.Context, args []string) int {
	app := p.app()
	err := app.RunContext(ctx, arrange(app.Commands, args))
	if flushErr := p.out.Flush(); err == nil && flushErr != nil {
		err = fmt.Errorf("standard output: %w", flushErr)
	}
	return p.report(err)
}

// app describes the command line to urfave/cli.
func (p *program) app() *cli.App {
	app := &cli.App{
		Name:            "bertsearch",
		Usage:           "find documents by meaning and by keyword",
		UsageText:       "bertsearch COMMAND [OPTIONS] [ARGUMENTS]",
		Description:     overview,
		HideVersion:     true,
		HideHelpCommand: true,
		Writer:          p.out,
		ErrWriter:       p.errs,
		Reader:          p.in,
		Action:          p.chooseCommand,
		Flags:           []cli.Flag{&cli.BoolFlag{Name: "version", Usage: "print the version", DisableDefaultText: true}},
		OnUsageError:    wrongUsage,
		ExitErrHandler:  func(*cli.Context, error) {}, // report does that
		Commands: []*cli.Command{
			p.indexCommand(), p.queryCommand(), p.getCommand(), p.deleteCommand(),
			p.statsCommand(), p.checkCommand(), p.compactCommand(), p.exportCommand(), p.importCommand(),
			p.evalCommand(), p.tuneCommand(), p.feedbackCommand(), p.trainCommand(), p.embedCommand(), p.tokenizeCommand(), p.modelCommand(), p.alignCommand(), p.summarizeCommand(), p.enrichCommand(), p.distillCommand(), p.generateCommand(),
			p.benchCommand(), p.completionCommand(), p.versionCommand(),
		},
	}
	prepare(app.Commands)
	return app
}

const overview = `A database is a folder. Name it with -db DIR or in BERTSEARCH_DB.

   bertsearch index -db notes.db ~/notes
   bertsearch query -db notes.db "how do I rotate the keys"

Flags may stand before and after arguments; -- ends them. With --json, standard
output holds JSON alone, one object a line. The exit status is 0 when a command
did or found something, 1 when there was nothing to find, 2 for wrong usage and
3 for a failure, an interrupt included.

BERTSEARCH_DB     the database, in place of -db
BERTSEARCH_MODEL  a model folder, in place of --model
NO_COLOR          set it to print without colours

"bertsearch COMMAND --help" explains a command and shows examples.`

// prepare gives all commands what they share.
func prepare(commands []*cli.Command) {
	for _, c := range commands {
		c.HideHelpCommand = true // else a query for "help" would print this help
		c.OnUsageError = wrongUsage
		for _, flag := range c.Flags {
			if toggle, ok := flag.(*cli.BoolFlag); ok {
				toggle.DisableDefaultText = true // "default: false" tells nobody anything
			}
		}
		prepare(c.Subcommands)
	}
}

// printJSON writes v as one line.
func (p *program) printJSON(v any) error {
	encoder := json.NewEncoder(p.out)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(v)
}

// printf writes to standard output. A failed write is kept by the buffer and
// reported at the end.
func (p *program) printf(format string, args ...any) { _, _ = fmt.Fprintf(p.out, format, args...) }

// note writes a line to standard error.
func (p *program) note(format string, args ...any) { _, _ = fmt.Fprintf(p.errs, format+"\n", args...) }

// jsonFlag is on every command that prints a result.
func jsonFlag() cli.Flag {
	return &cli.BoolFlag{Name: "json", Usage: "print JSON, one object a line"}
}
