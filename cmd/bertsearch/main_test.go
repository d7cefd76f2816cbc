package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"bertsearch": main})
}

// TestScript drives the program as a shell would; see testdata/script.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"status":    runForStatus,
			"documents": writeDocuments,
			"vectors":   writeVectors,
			"appears":   waitForFile,
		},
	})
}

// runForStatus is "status N COMMAND…": the command must end with exit status N.
func runForStatus(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	var exit *exec.ExitError
	if err := ts.Exec(args[1], args[2:]...); errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit status %d, want %d", got, want)
	}
}

// writeDocuments is "documents N FILE": N different documents as JSON lines.
func writeDocuments(ts *testscript.TestScript, _ bool, args []string) {
	count, err := strconv.Atoi(args[0])
	ts.Check(err)
	var b strings.Builder
	for i := range count {
		fmt.Fprintf(&b, `{"id":"doc-%d","title":"Document %d","text":"This is text number %d, about nothing in particular."}`+"\n", i, i, i*i)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(b.String()), 0o666))
}

// writeVectors is "vectors N FILE": N random vectors of 16 values as .fvecs.
func writeVectors(ts *testscript.TestScript, _ bool, args []string) {
	count, err := strconv.Atoi(args[0])
	ts.Check(err)
	const dimension = 16
	random := rand.New(rand.NewPCG(1, uint64(count)))
	var b []byte
	for range count {
		b = binary.LittleEndian.AppendUint32(b, dimension)
		for range dimension {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(float32(random.NormFloat64())))
		}
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), b, 0o666))
}

// waitForFile is "appears FILE": it waits until the file is there and has content.
func waitForFile(ts *testscript.TestScript, _ bool, args []string) {
	path := ts.MkAbs(args[0])
	for range 1000 {
		if info, err := os.Stat(path); err == nil && info.Size() > 0 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	ts.Fatalf("%s did not appear", path)
}
