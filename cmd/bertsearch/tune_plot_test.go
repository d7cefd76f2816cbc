package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/bertsearch/bertsearch"
	"github.com/bertsearch/bertsearch/cmd/bertsearch/internal/chart"
	"github.com/bertsearch/bertsearch/train"
)

func TestTuningChart(t *testing.T) {
	c := tuningChart(bertsearch.TuneReport{Source: "labels", Losses: []float64{2, 1}, Measured: []train.Measurement{{Step: 0, Mean: 0.5}, {Step: 2, Mean: 0.75}}})
	if got, want := c.Series[0].Points[1], (chart.Point{X: 2, Y: 1}); got != want {
		t.Errorf("the loss of the second step is drawn at %v, want %v", got, want)
	}
	if got, want := c.Series[1].Points[1], (chart.Point{X: 2, Y: 0.75}); got != want {
		t.Errorf("the second measurement is drawn at %v, want %v", got, want)
	}
	path := filepath.Join(t.TempDir(), "tuning.svg")
	if err := chart.Save(path, c); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(path); err != nil || !bytes.Contains(text, []byte("held out")) {
		t.Errorf("the drawing has no legend (%v)", err)
	}
}
