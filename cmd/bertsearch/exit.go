package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/bertsearch/bertsearch"
)

// Exit statuses.
const (
	statusDone    = 0
	statusNothing = 1 // nothing found
	statusUsage   = 2
	statusFailed  = 3
)

// errNothing ends a command that worked and found nothing. What is to be said
// about that is printed already.
var errNothing = errors.New("nothing found")

// errReported ends a command that failed and has printed why.
var errReported = errors.New("failed")

// usageError is a mistake in the command line. Detail, if there is any, is
// printed under the message.
type usageError struct{ message, detail string }

func (e *usageError) Error() string { return e.message }

func usagef(format string, args ...any) error {
	return &usageError{message: fmt.Sprintf(format, args...)}
}

// wrongUsage turns a complaint of the flag parser into a usageError.
func wrongUsage(c *cli.Context, err error, _ bool) error {
	return usagef("%v: run \"%s --help\" for the flags", err, c.Command.HelpName)
}

// report prints err and returns the exit status that it stands for.
func (p *program) report(err error) int {
	if err == nil {
		return statusDone
	}
	if !errors.Is(err, errNothing) && !errors.Is(err, errReported) {
		p.note("%s %s", p.errScreen.Paint("1;31", "bertsearch:"), message(err))
	}
	var usage *usageError
	if errors.As(err, &usage) && usage.detail != "" {
		p.note("%s", usage.detail)
	}
	return status(err)
}

// status returns the exit status for a failed run.
func status(err error) int {
	var usage *usageError
	var unopened openError
	switch {
	case errors.As(err, &unopened):
		return statusFailed // also when it is not there
	case errors.Is(err, errNothing), errors.Is(err, bertsearch.ErrNotFound):
		return statusNothing
	case errors.As(err, &usage), errors.Is(err, bertsearch.ErrInvalidQuery):
		return statusUsage
	}
	return statusFailed
}

// message puts an error on one line, without the package's own name in front.
func message(err error) string {
	if errors.Is(err, context.Canceled) {
		return "interrupted: what was acknowledged is kept"
	}
	text := strings.TrimPrefix(err.Error(), "bertsearch: ")
	return strings.ReplaceAll(text, "\n", "; ")
}
