// Package terminal lays out what people read: colours, widths, tables,
// excerpts with the query's words marked, and a progress bar. Nothing here is
// used for output that programs read.
package terminal

import (
	"os"

	"golang.org/x/term"
)

// plainColumns is the width assumed where there is no terminal to ask.
const plainColumns = 80

// A Screen is what is known of the place where output goes.
type Screen struct {
	// Columns is the width in character cells, at least 20.
	Columns int
	// Interactive says that a person watches: the output is a terminal.
	Interactive bool
	// Colour says that escape sequences may be used.
	Colour bool
}

// Detect asks the operating system about f. Colour needs a terminal, and none
// of NO_COLOR (https://no-color.org) and TERM=dumb in the environment.
func Detect(f *os.File) Screen {
	s := Screen{Columns: plainColumns}
	fd := int(f.Fd())
	if !term.IsTerminal(fd) {
		return s
	}
	s.Interactive = true
	if columns, _, err := term.GetSize(fd); err == nil && columns > 0 {
		s.Columns = max(20, columns)
	}
	s.Colour = os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && enableSequences(f)
	return s
}

// Style is a way to set text off from what is around it.
type Style string

// The styles, as parameters of the "select graphic rendition" sequence.
const (
	Bold   Style = "1"
	Faint  Style = "2"
	Red    Style = "31"
	Green  Style = "32"
	Yellow Style = "33"
	Blue   Style = "34"
	Cyan   Style = "36"
	Match  Style = "1;33" // a word of the query
)

// Paint returns text in a style, or as it is where there are no colours.
func (s Screen) Paint(style Style, text string) string {
	if !s.Colour || text == "" {
		return text
	}
	return "\x1b[" + string(style) + "m" + text + "\x1b[0m"
}
