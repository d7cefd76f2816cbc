package keyword

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/bertsearch/bertsearch/internal/unprivileged"
)

// crashBatch is what the child applies as the given change: three documents,
// one of which an earlier batch wrote, and a delete.
func crashBatch(change uint64) ([]Doc, []uint32) {
	r := rand.New(rand.NewPCG(change, 1))
	n := uint32(change)
	return []Doc{randomDoc(r, 2*n), randomDoc(r, 2*n+1), randomDoc(r, n)}, []uint32{uint32(r.IntN(int(2 * n)))}
}

// TestCrashChild is the process that TestKilledWriterLosesNothing kills: it
// applies batches, and says which are done, for as long as it lives.
func TestCrashChild(t *testing.T) {
	dir := os.Getenv("KEYWORD_CRASH_DIR")
	if dir == "" {
		t.Skip("runs in the process that TestKilledWriterLosesNothing starts")
	}
	x := openTest(t, dir, nil)
	for change := x.LastChange() + 1; ; change++ {
		puts, deletes := crashBatch(change)
		mustApply(t, x, puts, deletes, change)
		fmt.Printf("done %d\n", change)
	}
}

// A writer that is killed loses no batch that Apply returned from, and the
// index opens again without being rebuilt.
func TestKilledWriterLosesNothing(t *testing.T) {
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 0))
	dir := filepath.Join(t.TempDir(), "keyword")
	for round := range 5 {
		done := runAndKill(t, dir, time.Duration(30+r.IntN(250))*time.Millisecond)
		x := openTest(t, dir, nil)
		change := x.LastChange()
		if change < done {
			t.Fatalf("seed %d, round %d: change %d was done, the index has %d", seed, round, done, change)
		}
		m := model{}
		for i := uint64(1); i <= change; i++ {
			puts, deletes := crashBatch(i)
			m.apply(puts, deletes)
		}
		if n, err := x.Count(); err != nil || n != uint64(len(m)) {
			t.Fatalf("seed %d, round %d: %d documents after change %d, want %d (%v)", seed, round, n, change, len(m), err)
		}
		compareWithModel(t, r, x, m, seed)
		mustClose(t, x)
	}
}

// runAndKill starts the child, kills it some time after its first batch, and
// returns the last change that it said was done.
func runAndKill(t *testing.T, dir string, after time.Duration) uint64 {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^TestCrashChild$")
	child.Env = append(os.Environ(), "KEYWORD_CRASH_DIR="+dir)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	var done uint64
	var text []byte
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		text = append(append(text, lines.Bytes()...), '\n')
		var n uint64
		if k, _ := fmt.Sscanf(lines.Text(), "done %d", &n); k == 1 {
			if done == 0 {
				time.AfterFunc(after, func() { _ = child.Process.Kill() })
			}
			done = n
		}
	}
	_ = child.Wait() // it was killed
	if done == 0 {
		t.Fatalf("the child did nothing:\n%s", text)
	}
	return done
}

func TestFolderThatCannotBeWritten(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(filepath.Join(file, "keyword"), nil); err == nil {
		t.Error("opens inside a file")
	}
	dir := t.TempDir()
	x := openTest(t, dir, nil)
	mustApply(t, x, bread, nil, 1)
	mustClose(t, x)
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(dir, 0o700) })
	unprivileged.Do(t, func() {
		if _, err := Open(dir, nil); !errors.Is(err, fs.ErrPermission) {
			t.Errorf("a folder without permission: %v", err)
		}
		if got := found(t, openTest(t, dir, &Options{ReadOnly: true}), "bread"); len(got) != 1 {
			t.Errorf("reading it: %v", got)
		}
	})
}
