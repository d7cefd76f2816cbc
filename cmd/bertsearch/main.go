// Command bertsearch is a semantic search database in one program: it indexes
// files, answers questions about them by meaning and by keyword, and measures
// how well it does. `bertsearch --help` lists its commands.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() { os.Exit(run()) }

// run gives the first interrupt to the command, which stops cleanly with what
// is done kept; a second one ends the process at once.
func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	return newProgram(os.Stdin, os.Stdout, os.Stderr).run(ctx, os.Args)
}
