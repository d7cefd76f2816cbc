package train

import (
	"bufio"
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/bertsearch/bertsearch/model"
)

// checkpointState is what the tests keep as JSON.
type checkpointState struct {
	Step   int
	Losses []float64
}

// smallCheckpoint is the checkpoint of two small parameters after a step; values
// differ with first.
func smallCheckpoint(path string, first float32) *Checkpoint {
	params := []*model.Param{
		{Name: "a", Value: []float32{first, 2, 3}, Grad: []float32{1, -1, 2}, Decay: true},
		{Name: "b", Value: []float32{-first, 5}, Grad: []float32{0, 3}},
	}
	c := &Checkpoint{Path: path, Identity: [32]byte{1, 2, 3}, State: &checkpointState{Step: int(first), Losses: []float64{0.5}},
		Params: params, Best: new([][]float32), Optimizer: NewAdamW(params, AdamWOptions{})}
	*c.Best = copyValues(params)
	c.Optimizer.Step(0.1)
	return c
}

func TestCheckpointKeepsEverything(t *testing.T) {
	path := filepath.Join(t.TempDir(), "checkpoint")
	saved, loaded := smallCheckpoint(path, 7), smallCheckpoint(path, 9)
	*loaded.Best = nil
	if found, err := loaded.Load(); found || err != nil {
		t.Fatalf("loaded a file that is not there: %v, %v", found, err)
	}
	if err := saved.Save(); err != nil {
		t.Fatal(err)
	}
	if found, err := loaded.Load(); !found || err != nil {
		t.Fatal(found, err)
	}
	if !reflect.DeepEqual(loaded.State, saved.State) || !reflect.DeepEqual(*loaded.Best, *saved.Best) {
		t.Errorf("state %+v with the best %v, want %+v with %v", loaded.State, *loaded.Best, saved.State, *saved.Best)
	}
	for i := range saved.Params {
		if !slices.Equal(loaded.Params[i].Value, saved.Params[i].Value) {
			t.Errorf("parameter %d is %v, want %v", i, loaded.Params[i].Value, saved.Params[i].Value)
		}
	}
	if !reflect.DeepEqual(loaded.Optimizer.first, saved.Optimizer.first) || loaded.Optimizer.step != 1 {
		t.Error("the optimiser's state is another")
	}
}

// TestCheckpointNoticesDamage changes each byte, and cuts the file at each.
func TestCheckpointNoticesDamage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "checkpoint")
	if err := smallCheckpoint(path, 7).Save(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	refused := func(what string, at int, content []byte) {
		t.Helper()
		if err := os.WriteFile(path, content, 0o666); err != nil {
			t.Fatal(err)
		}
		_, err := smallCheckpoint(path, 7).Load()
		if !errors.Is(err, ErrCheckpoint) || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "remove the file") {
			t.Fatalf("%s at %d of %d bytes: %v", what, at, len(whole), err)
		}
	}
	for at := range whole {
		changed := slices.Clone(whole)
		changed[at] ^= 1 << (at % 8)
		refused("changed", at, changed)
		refused("cut", at, whole[:at])
	}
	refused("longer", len(whole), append(slices.Clone(whole), 0))
}

func TestCheckpointOfAnotherRun(t *testing.T) {
	path := filepath.Join(t.TempDir(), "checkpoint")
	if err := smallCheckpoint(path, 7).Save(); err != nil {
		t.Fatal(err)
	}
	other := smallCheckpoint(path, 7)
	other.Identity[31]++
	if _, err := other.Load(); !errors.Is(err, ErrCheckpoint) || !strings.Contains(err.Error(), "another model") {
		t.Errorf("the checkpoint of another run: %v", err)
	}
}

// FuzzCheckpoint reads what no checksum has vouched for: it is refused, or it is
// what would be written for what was read.
func FuzzCheckpoint(f *testing.F) {
	var buffer bytes.Buffer
	w := bufio.NewWriter(&buffer)
	if err := errors.Join(smallCheckpoint("", 7).encode(w), w.Flush()); err != nil {
		f.Fatal(err)
	}
	f.Add(buffer.Bytes())
	f.Add(buffer.Bytes()[:60])
	without := smallCheckpoint("", 7)
	*without.Best = nil
	buffer.Reset()
	if err := errors.Join(without.encode(w), w.Flush()); err != nil {
		f.Fatal(err)
	}
	f.Add(buffer.Bytes())
	f.Fuzz(func(t *testing.T, data []byte) {
		c := smallCheckpoint("", 1)
		*c.Best = nil
		err := c.decode(bufio.NewReader(bytes.NewReader(data)))
		if err != nil {
			if !errors.Is(err, ErrCheckpoint) {
				t.Errorf("refused with %v", err)
			}
			return
		}
		var again bytes.Buffer
		w := bufio.NewWriter(&again)
		if err := errors.Join(c.encode(w), w.Flush()); err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		if n := 4 * (5 + 2*5); !bytes.Equal(again.Bytes()[again.Len()-n:], data[len(data)-n:]) && len(*c.Best) > 0 {
			t.Error("the values that were read are others")
		}
	})
}
