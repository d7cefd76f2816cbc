package terminal

import (
	"strings"
	"testing"
	"time"
)

func TestBar(t *testing.T) {
	var out strings.Builder
	now := time.Unix(1000, 0)
	bar := NewBar(&out, Screen{Columns: 80}, "documents")
	bar.clock, bar.start = func() time.Time { return now }, now
	now = now.Add(10 * time.Second)
	bar.Set(250, 1000)
	if want := " 25%  250 of 1,000  25 documents/s  0:30 left"; !strings.HasSuffix(out.String(), want) {
		t.Errorf("got %q, want it to end with %q", out.String(), want)
	}
	drawn := out.Len()
	bar.Set(251, 1000)
	if out.Len() != drawn {
		t.Error("drawn again within the same tenth of a second")
	}
	now = now.Add(time.Second)
	bar.Set(1000, 0)
	if want := "\r\x1b[K1,000 documents  91 documents/s  0:11"; !strings.HasSuffix(out.String(), want) {
		t.Errorf("unknown total: got %q, want it to end with %q", out.String(), want)
	}
	now = now.Add(time.Second)
	bar.Note = "loss 1.5"
	bar.Set(1, 0)
	if want := "  0:12  loss 1.5"; !strings.HasSuffix(out.String(), want) {
		t.Errorf("note: got %q, want it to end with %q", out.String(), want)
	}
	bar.Clear()
	if !strings.HasSuffix(out.String(), "\r\x1b[K") {
		t.Error("the bar is not cleared")
	}
}

func TestBarFitsItsTerminal(t *testing.T) {
	for columns := 20; columns < 120; columns += 7 {
		var out strings.Builder
		bar := NewBar(&out, Screen{Columns: columns}, "documents")
		bar.Set(12345, 1234567)
		if line := strings.TrimPrefix(out.String(), "\r\x1b[K"); Width(line) >= columns {
			t.Errorf("%d columns: %q is %d wide", columns, line, Width(line))
		}
	}
}
