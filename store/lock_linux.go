package store

import (
	"fmt"
	"os"
	"strings"
	"syscall"
)

// lockHolder names the process that has a file locked, from the kernel's list
// of locks: "1: FLOCK ADVISORY WRITE 4711 fd:01:1234 0 EOF".
func lockHolder(path string) string {
	const unknown = "another process"
	info, err := os.Stat(path)
	if err != nil {
		return unknown
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return unknown
	}
	locks, err := os.ReadFile("/proc/locks")
	if err != nil {
		return unknown
	}
	inode := fmt.Sprintf(":%d", stat.Ino)
	for line := range strings.Lines(string(locks)) {
		f := strings.Fields(line)
		if len(f) >= 6 && f[1] == "FLOCK" && strings.HasSuffix(f[5], inode) {
			return "process " + f[4]
		}
	}
	return unknown
}
