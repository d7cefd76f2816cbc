package main

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// TestLowerPriority looks at the priority of every thread of another process,
// for this one could not raise its own again.
func TestLowerPriority(t *testing.T) {
	const asked = "BERTSEARCH_TEST_NICE"
	if os.Getenv(asked) == "" {
		c := exec.Command(os.Args[0], "-test.run", "^TestLowerPriority$", "-test.v")
		c.Env = append(os.Environ(), asked+"=1")
		if out, err := c.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	lowerPriority()
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		t.Fatal(err)
	}
	for _, thread := range threads {
		text, err := os.ReadFile("/proc/self/task/" + thread.Name() + "/stat")
		if err != nil {
			continue // it has ended
		}
		_, after, _ := strings.Cut(string(text), ") ")
		const place = 16 // of the nice value after the name, see proc(5)
		nice, err := strconv.Atoi(strings.Fields(after)[place])
		if err != nil || nice < backgroundNice {
			t.Errorf("thread %s has the nice value %d, %v", thread.Name(), nice, err)
		}
	}
}
