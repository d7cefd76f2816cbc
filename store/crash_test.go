package store

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestPowerCut imagines the power going at every stage of a commit. bbolt
// writes the pages of a commit, waits for the disk, writes one meta page and
// waits again. So of the pages any may have arrived, sector by sector, while
// the meta page has not; or all have, and the meta page in part.
func TestPowerCut(t *testing.T) {
	rng := seed(t)
	path, crashed := temp(t), temp(t)
	m := newModel()
	before := []byte(nil)
	for range 40 {
		s := open(t, path, Options{})
		next := m.clone()
		update(t, s, func(w *Writer) error {
			for range 1 + rng.IntN(20) {
				if err := next.step(rng, w); err != nil {
					return err
				}
			}
			return nil
		})
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		after, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if before != nil {
			expect(t, crashed, cutBeforeMeta(rng, before, after), m)
			expect(t, crashed, cutInMeta(rng, before, after), m, next)
		}
		before, m = after, next
	}
}

// cutBeforeMeta returns the old file with some of the new sectors.
func cutBeforeMeta(rng *rand.Rand, before, after []byte) []byte {
	const sector = 512
	data := make([]byte, max(len(before), len(after)))
	copy(data, before)
	for at := 2 * smallPage; at < len(after); at += sector {
		if rng.IntN(2) == 0 {
			copy(data[at:at+sector], after[at:])
		}
	}
	return data
}

// cutInMeta returns the new file with meta pages of which only the first bytes
// are new.
func cutInMeta(rng *rand.Rand, before, after []byte) []byte {
	data := bytes.Clone(after)
	for page := range 2 {
		start := page * smallPage
		n := rng.IntN(100)
		copy(data[start+n:start+smallPage], before[start+n:])
	}
	return data
}

// expect opens a file that a crash left and finds one of the given states.
func expect(t *testing.T, path string, data []byte, states ...*model) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := Open(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	var errs []error
	for _, m := range states {
		errs = append(errs, m.compare(s))
	}
	if !hasNil(errs) {
		t.Fatal(errors.Join(errs...))
	}
	put(t, s, "after", "")
	mustCheck(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func hasNil(errs []error) bool {
	for _, err := range errs {
		if err == nil {
			return true
		}
	}
	return false
}

// TestMain runs as a second process what the tests below ask for.
func TestMain(m *testing.M) {
	job, path, _ := strings.Cut(os.Getenv("STORE_CHILD"), " ")
	if job == "" {
		os.Exit(m.Run())
	}
	if err := child(job, path); err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
}

func child(job, path string) error {
	switch job {
	case "write":
		return writeForEver(path)
	case "open":
		s, err := Open(path, nil)
		return errors.Join(err, closeStore(s))
	case "compact":
		return writeAndCompact(path)
	}
	return readAll(path)
}

func closeStore(s *Store) error {
	if s == nil {
		return nil
	}
	return s.Close()
}

// writeForEver puts documents and names each one once it is durable.
func writeForEver(path string) error {
	s, err := Open(path, nil)
	if err != nil {
		return err
	}
	for i := 0; ; i++ {
		err := s.Update(func(w *Writer) error {
			d, v := sample(strconv.Itoa(i), strings.Repeat("word ", i%50))
			_, err := w.Put(d, v)
			return err
		})
		if err != nil {
			return err
		}
		fmt.Println(i)
	}
}

// writeAndCompact is writeForEver with a Compact after every few documents.
func writeAndCompact(path string) error {
	s, err := Open(path, nil)
	if err != nil {
		return err
	}
	for i := 0; ; i++ {
		err := s.Update(func(w *Writer) error {
			d, v := sample(strconv.Itoa(i), strings.Repeat("word ", 50))
			_, err := w.Put(d, v)
			return err
		})
		if err != nil {
			return err
		}
		fmt.Println(i)
		if i%4 == 3 {
			if err := s.Compact(context.Background()); err != nil {
				return err
			}
		}
	}
}

func readAll(path string) error {
	s, err := Open(path, &Options{ReadOnly: true})
	if err != nil {
		return err
	}
	err = s.View(func(r *Reader) error {
		for d, err := range r.Documents(0) {
			if err != nil {
				return err
			}
			fmt.Println(d.ID)
		}
		return nil
	})
	return errors.Join(err, s.Close())
}

// process starts this test's binary on a job.
func process(t *testing.T, job, path string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), "STORE_CHILD="+job+" "+path)
	return cmd
}

// TestKilledProcess kills a writing process at random moments: all that it
// acknowledged is there, in order and whole.
func TestKilledProcess(t *testing.T) {
	rng := seed(t)
	for i := range 8 {
		path := temp(t)
		cmd := process(t, []string{"write", "compact"}[i%2], path)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		timer := time.AfterFunc(time.Duration(200+rng.IntN(300))*time.Millisecond, func() { _ = cmd.Process.Kill() })
		last := -1
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if last, err = strconv.Atoi(lines.Text()); err != nil {
				t.Fatalf("%q: %v", lines.Text(), err)
			}
		}
		_ = cmd.Wait() // it was killed
		timer.Stop()
		s := open(t, path, Options{})
		mustCheck(t, s)
		view(t, s, func(r *Reader) error {
			counts, err := r.Counts()
			if counts.Documents != last+1 && counts.Documents != last+2 {
				t.Errorf("%d documents after %d were acknowledged", counts.Documents, last+1)
			}
			return err
		})
		t.Logf("%d documents acknowledged", last+1)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestTwoProcesses shares a store for reading, and refuses a second writer with
// the name of the file.
func TestTwoProcesses(t *testing.T) {
	path := temp(t)
	s := open(t, path, Options{})
	put(t, s, "a", "one")
	out, err := process(t, "open", path).CombinedOutput()
	if err == nil || !bytes.Contains(out, []byte(path)) || !bytes.Contains(out, []byte(ErrLocked.Error())) {
		t.Errorf("second writer: %v: %s", err, out)
	}
	if holder := fmt.Sprintf("process %d", os.Getpid()); lockHolder(path) == holder && !bytes.Contains(out, []byte(holder)) {
		t.Errorf("the holder, %s, is not named: %s", holder, out)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, path, Options{ReadOnly: true})
	if out, err := process(t, "read", path).CombinedOutput(); err != nil || string(out) != "a\n" {
		t.Errorf("second reader: %v: %s", err, out)
	}
}

// TestFailingDisk closes the file under a store, so that writing fails: the
// update is reported, later ones are refused, and the old state stands.
func TestFailingDisk(t *testing.T) {
	path := temp(t)
	s := open(t, path, Options{})
	put(t, s, "a", "one")
	if err := s.file.Load().raw.Close(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		err := s.Update(func(w *Writer) error {
			d, v := sample("b", "two")
			_, err := w.Put(d, v)
			return err
		})
		if err == nil {
			t.Fatal("an update of a closed file succeeded")
		}
	}
	if err := s.Update(func(*Writer) error { return nil }); !errors.Is(err, ErrReadOnly) {
		t.Errorf("after a failure: %v", err)
	}
	view(t, s, func(r *Reader) error {
		if _, err := r.Document("b"); !errors.Is(err, ErrNotFound) {
			t.Errorf("b: %v", err)
		}
		_, err := r.Document("a")
		return err
	})
	_ = s.Close() // the file is closed already
	mustCheck(t, open(t, path, Options{}))
}
