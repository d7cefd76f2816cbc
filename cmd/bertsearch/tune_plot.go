package main

import (
	"github.com/bertsearch/bertsearch"
	"github.com/bertsearch/bertsearch/cmd/bertsearch/internal/chart"
)

// tuningChart has the loss of each step and the held-out nDCG@10, the mean of
// dense and hybrid, after the steps that were measured.
func tuningChart(r bertsearch.TuneReport) chart.Chart {
	loss := chart.Series{Name: "loss"}
	for i, l := range r.Losses {
		loss.Points = append(loss.Points, chart.Point{X: float64(i + 1), Y: l})
	}
	measured := chart.Series{Name: "nDCG@10 held out"}
	for _, m := range r.Measured {
		measured.Points = append(measured.Points, chart.Point{X: float64(m.Step), Y: m.Mean})
	}
	return chart.Chart{Title: "Tuning on " + r.Source, X: "step", Y: "loss and nDCG@10", Series: []chart.Series{loss, measured}}
}
