//go:build unix && !linux

package main

import "golang.org/x/sys/unix"

// lowerPriority lets other programs go first, as a courtesy: an error changes nothing.
func lowerPriority() { _ = unix.Setpriority(unix.PRIO_PROCESS, 0, backgroundNice) }
