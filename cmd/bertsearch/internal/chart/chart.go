// Package chart draws curves to a PNG or SVG file, with gonum's plot.
package chart

import (
	"fmt"
	"image/color"
	"io"
	"os"
	"path/filepath"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Chart is one drawing.
type Chart struct {
	Title, X, Y string
	LogY        bool // all Y of the series are above 0
	Series      []Series
}

// Series is a curve through points by rising X, with a mark at each.
type Series struct {
	Name   string
	Points []Point
	Broad  bool // a broad pale line behind the others, without marks
}

// Point is a place in the units of the axes.
type Point struct{ X, Y float64 }

const width, height = 18 * vg.Centimeter, 12 * vg.Centimeter

// Colours of the series, told apart also by who sees red and green alike
// (Okabe and Ito, Color Universal Design, 2008).
var colours = []color.Color{
	color.RGBA{0x00, 0x72, 0xb2, 0xff},
	color.RGBA{0xd5, 0x5e, 0x00, 0xff},
	color.RGBA{0x00, 0x9e, 0x73, 0xff},
	color.RGBA{0xcc, 0x79, 0xa7, 0xff},
	color.RGBA{0xe6, 0x9f, 0x00, 0xff},
}

var pale = color.RGBA{0xd8, 0xd8, 0xd8, 0xff}

// Check says whether Save knows what to write to a file of this name.
func Check(path string) error {
	switch kind(path) {
	case ".png", ".svg":
		return nil
	}
	return fmt.Errorf("chart: %s: want a name that ends in .png or .svg", path)
}

func kind(path string) string { return strings.ToLower(filepath.Ext(path)) }

// Save draws c to a file, whose name says in which format.
func Save(path string, c Chart) (err error) {
	if err := Check(path); err != nil {
		return err
	}
	p, err := c.plot()
	if err != nil {
		return fmt.Errorf("chart: %w", err)
	}
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("chart: %w", err)
	}
	_, err = canvas(path, p).WriteTo(f)
	if close := f.Close(); err == nil {
		err = close
	}
	if err != nil {
		return fmt.Errorf("chart: %w", err)
	}
	return nil
}

func canvas(path string, p *plot.Plot) io.WriterTo {
	if kind(path) == ".svg" {
		c := vgsvg.New(width, height)
		p.Draw(draw.New(c))
		return c
	}
	c := vgimg.New(width, height)
	p.Draw(draw.New(c))
	return vgimg.PngCanvas{Canvas: c}
}

func (c *Chart) plot() (*plot.Plot, error) {
	p := plot.New()
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = c.Title, c.X, c.Y
	p.Legend.Top = true
	if c.LogY {
		p.Y.Scale, p.Y.Tick.Marker = plot.LogScale{}, plot.LogTicks{Prec: -1}
	}
	p.Add(plotter.NewGrid())
	marked := 0
	for _, s := range c.Series {
		if len(s.Points) == 0 {
			continue
		}
		if err := c.check(s); err != nil {
			return nil, err
		}
		line, marks, err := s.plotters(marked)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.Name, err)
		}
		p.Add(line)
		if s.Broad {
			p.Legend.Add(s.Name, line)
			continue
		}
		p.Add(marks)
		p.Legend.Add(s.Name, line, marks)
		marked++
	}
	return p, nil
}

// check refuses what a logarithmic axis has no place for.
func (c *Chart) check(s Series) error {
	for _, p := range s.Points {
		if c.LogY && p.Y <= 0 {
			return fmt.Errorf("%s: %g has no logarithm", s.Name, p.Y)
		}
	}
	return nil
}

// plotters are the line and the marks of the nth series that has marks.
func (s *Series) plotters(n int) (*plotter.Line, *plotter.Scatter, error) {
	points := make(plotter.XYs, len(s.Points))
	for i, p := range s.Points {
		points[i] = plotter.XY(p)
	}
	line, marks, err := plotter.NewLinePoints(points)
	if err != nil {
		return nil, nil, err
	}
	line.Color, line.Width = colours[n%len(colours)], vg.Points(1.2)
	if s.Broad {
		line.Color, line.Width = pale, vg.Points(9)
	}
	marks.Color, marks.Shape, marks.Radius = line.Color, draw.CircleGlyph{}, vg.Points(2.5)
	return line, marks, nil
}
