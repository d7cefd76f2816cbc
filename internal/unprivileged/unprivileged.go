// Package unprivileged lets tests meet closed files and folders also where they
// run as root, as they do in containers.
package unprivileged

import (
	"os"
	"runtime"
	"testing"
)

// Do runs f with the permissions of files in force. It calls f at once where
// the user is not root, and skips the test where root cannot give its rights up.
// Goroutines that f starts keep their rights.
func Do(t testing.TB, f func()) {
	t.Helper()
	if os.Geteuid() != 0 {
		f()
		return
	}
	done := make(chan error)
	go func() {
		// The thread is never unlocked: it ends with the goroutine, and with it
		// what was changed.
		runtime.LockOSThread()
		err := obey()
		if err == nil {
			defer func() { done <- nil }() // also when f ends the goroutine
			f()
			return
		}
		done <- err
	}()
	if err := <-done; err != nil {
		t.Skipf("CLOSED FILES NOT TESTED: root may open all: %v", err)
	}
}
