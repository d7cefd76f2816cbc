package terminal

import (
	"testing"
	"time"
)

func TestFigures(t *testing.T) {
	for got, want := range map[string]string{
		Count(0):                       "0",
		Count(999):                     "999",
		Count(1234567):                 "1,234,567",
		Count(-1234):                   "-1,234",
		Rate(0.421):                    "0.42",
		Rate(7.06):                     "7.1",
		Rate(1234.5):                   "1,235",
		Bytes(999):                     "999 B",
		Bytes(1234):                    "1.2 kB",
		Bytes(45_400_000):              "45 MB",
		Bytes(999_900):                 "1.0 MB",
		Clock(7 * time.Second):         "0:07",
		Clock(3723 * time.Second):      "1:02:03",
		Clock(1499 * time.Millisecond): "0:01",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
