package terminal

import (
	"strings"
	"testing"
)

func TestTableAlignsByWidth(t *testing.T) {
	table := Table{Right: []bool{false, true}}
	table.Add(Plain("mode", "nDCG")...)
	table.Add(Cell{"日本", Bold}, Cell{"0.5", ""}, Cell{"best", Green})
	var plain, coloured strings.Builder
	if err := table.Print(&plain, Screen{}); err != nil {
		t.Fatal(err)
	}
	if want := "mode  nDCG\n日本   0.5  best\n"; plain.String() != want {
		t.Errorf("got\n%s\nwant\n%s", plain.String(), want)
	}
	if err := table.Print(&coloured, Screen{Colour: true}); err != nil {
		t.Fatal(err)
	}
	if want := "mode  nDCG\n\x1b[1m日本\x1b[0m   0.5  \x1b[32mbest\x1b[0m\n"; coloured.String() != want {
		t.Errorf("coloured: got %q, want %q", coloured.String(), want)
	}
}
