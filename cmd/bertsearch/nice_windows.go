package main

import "golang.org/x/sys/windows"

// lowerPriority lets other programs go first, as a courtesy: an error changes nothing.
func lowerPriority() {
	_ = windows.SetPriorityClass(windows.CurrentProcess(), windows.BELOW_NORMAL_PRIORITY_CLASS)
}
