package terminal

import (
	"os"

	"golang.org/x/sys/windows"
)

// enableSequences asks the console to act on escape sequences, which older
// Windows consoles do only on request, and reports whether it will.
func enableSequences(f *os.File) bool {
	console := windows.Handle(f.Fd())
	var mode uint32
	if err := windows.GetConsoleMode(console, &mode); err != nil {
		return false
	}
	return windows.SetConsoleMode(console, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) == nil
}
