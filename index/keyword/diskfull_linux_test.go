package keyword

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// On a full disk Apply returns the error of the disk, searches go on, and what
// was applied is there when the index is opened again.
func TestFullDisk(t *testing.T) {
	mount := t.TempDir()
	if err := syscall.Mount("tmpfs", mount, "tmpfs", 0, "size=2m"); err != nil {
		t.Skipf("no small file system to fill: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(mount, syscall.MNT_DETACH) })
	dir := filepath.Join(mount, "keyword")
	x := openTest(t, dir, nil)
	var done uint64
	var err error
	for err == nil && done < 1000 {
		var docs []Doc
		for i := range uint32(200) {
			var text strings.Builder
			for range 20 {
				fmt.Fprintf(&text, "%x ", rand.Uint64())
			}
			docs = append(docs, Doc{uint32(done)*200 + i, "common", text.String()})
		}
		if err = x.Apply(docs, nil, done+1); err == nil {
			done++
		}
	}
	full := syscall.ENOSPC.Error() // Bleve passes on the words of an error only
	if err == nil || !strings.Contains(err.Error(), full) {
		t.Fatalf("after %d batches: %v", done, err)
	}
	if got := mustSearch(t, x, "common", 5); len(got) != 5 {
		t.Errorf("search on a full disk: %v", got)
	}
	if again := x.Apply(bread, nil, done+1); again == nil || !strings.Contains(again.Error(), full) {
		t.Errorf("the next batch: %v", again)
	}
	mustClose(t, x)
	x, err = Open(dir, &Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = x.Close() }()
	if n, err := x.Count(); err != nil || n != done*200 || x.LastChange() != done {
		t.Errorf("reopened: %d documents of %d batches, change %d (%v)", n, done, x.LastChange(), err)
	}
}
