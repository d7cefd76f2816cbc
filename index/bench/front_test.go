package bench

import (
	"reflect"
	"testing"
)

func TestFront(t *testing.T) {
	row := func(recall, speed float64) Row { return Row{Recall10: recall, QPS1T: speed} }
	for _, c := range []struct{ rows, want []Row }{
		{nil, nil},
		{[]Row{row(1, 5)}, []Row{row(1, 5)}},
		{[]Row{row(.9, 100), row(.95, 50), row(.94, 40), row(.8, 90), row(1, 5)}, []Row{row(.9, 100), row(.95, 50), row(1, 5)}},
		{[]Row{row(.9, 50), row(.9, 60), row(.9, 60)}, []Row{row(.9, 60)}},
	} {
		if got := Front(c.rows); !reflect.DeepEqual(got, c.want) {
			t.Errorf("of %v: %v, want %v", c.rows, got, c.want)
		}
	}
}
