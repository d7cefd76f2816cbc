package terminal

import (
	"io"
	"strings"
)

// A Table lays out rows of cells in columns that are as wide as they must be.
type Table struct {
	// Right says which columns are set against their right edge, as numbers are.
	Right []bool
	rows  [][]Cell
}

// A Cell is a text and the style that it is painted in; "" is plain.
type Cell struct {
	Text  string
	Style Style
}

// Plain returns one unstyled cell a text.
func Plain(texts ...string) []Cell {
	cells := make([]Cell, len(texts))
	for i, text := range texts {
		cells[i].Text = text
	}
	return cells
}

// Add appends a row.
func (t *Table) Add(cells ...Cell) { t.rows = append(t.rows, cells) }

// Print writes the rows with two spaces between columns. The last cell of a
// row is not padded.
func (t *Table) Print(w io.Writer, s Screen) error {
	widths := t.widths()
	var b strings.Builder
	for _, row := range t.rows {
		for i, cell := range row {
			pad := strings.Repeat(" ", max(0, widths[i]-Width(cell.Text)))
			if i > 0 {
				b.WriteString("  ")
			}
			if t.isRight(i) {
				b.WriteString(pad)
			}
			b.WriteString(s.paintCell(cell))
			if !t.isRight(i) && i < len(row)-1 {
				b.WriteString(pad)
			}
		}
		b.WriteByte('\n')
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (s Screen) paintCell(c Cell) string {
	if c.Style == "" {
		return c.Text
	}
	return s.Paint(c.Style, c.Text)
}

func (t *Table) isRight(column int) bool {
	return column < len(t.Right) && t.Right[column]
}

// widths returns the cells that each column needs.
func (t *Table) widths() []int {
	var widths []int
	for _, row := range t.rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], Width(cell.Text))
		}
	}
	return widths
}
