package main

import (
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// lowerPriority lets other programs go first. Linux has a priority for each
// thread, which new ones take from the thread that starts them, so those that
// are there are all asked.
func lowerPriority() {
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return // it is a courtesy
	}
	for _, thread := range threads {
		if id, err := strconv.Atoi(thread.Name()); err == nil {
			_ = unix.Setpriority(unix.PRIO_PROCESS, id, backgroundNice)
		}
	}
}
