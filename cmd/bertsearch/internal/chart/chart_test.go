package chart

import (
	"bytes"
	"encoding/xml"
	"errors"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var sample = Chart{
	Title: "Recall against speed", X: "recall@10", Y: "queries a second", LogY: true,
	Series: []Series{
		{Name: "front", Points: []Point{{.9, 20_000}, {.99, 5_000}}, Broad: true},
		{Name: "hnsw", Points: []Point{{.9, 20_000}, {.95, 12_000}, {.99, 5_000}}},
		{Name: "flat", Points: []Point{{1, 150}}},
		{Name: "nothing"},
	},
}

func TestSave(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"c.png", "c.SVG"} {
		if err := Save(filepath.Join(dir, name), sample); err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile(filepath.Join(dir, "c.png"))
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[any]bool{}
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			seen[img.At(x, y)] = true
		}
	}
	if !seen[colours[0]] || !seen[colours[1]] || !seen[pale] {
		t.Errorf("two curves and their front do not show among %d colours", len(seen))
	}
	text, err := os.ReadFile(filepath.Join(dir, "c.SVG"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Recall against speed", "recall@10", "hnsw", "flat", "front"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %q in the SVG", want)
		}
	}
	if strings.Contains(string(text), "nothing") {
		t.Error("an empty series is in the legend")
	}
	for d := xml.NewDecoder(bytes.NewReader(text)); err == nil; {
		_, err = d.Token()
	}
	if !errors.Is(err, io.EOF) {
		t.Error(err)
	}
}

func TestSaveFails(t *testing.T) {
	dir := t.TempDir()
	if err := Save(filepath.Join(dir, "c.jpg"), sample); err == nil || !strings.Contains(err.Error(), ".png or .svg") {
		t.Errorf("of another kind: %v", err)
	}
	if err := Save(filepath.Join(dir, "none", "c.png"), sample); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("in no folder: %v", err)
	}
	path := filepath.Join(dir, "bad.png")
	for _, p := range []Point{{math.NaN(), 1}, {1, 0}, {1, -1}} {
		if err := Save(path, Chart{LogY: true, Series: []Series{{Name: "bad", Points: []Point{p}}}}); err == nil {
			t.Errorf("%v is drawn on a logarithmic axis", p)
		}
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("what failed left a file")
	}
}
