package main

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
)

func TestLineReader(t *testing.T) {
	long := strings.Repeat("x", 200_000)
	lines := newLineReader(strings.NewReader("one\r\n\n" + long + "\nlast"))
	for i, want := range []string{"one", "", long, "last"} {
		got, err := lines.next(t.Context())
		if err != nil || string(got) != want || lines.number != i+1 {
			t.Fatalf("line %d: got %.20q (number %d), error %v", i+1, got, lines.number, err)
		}
	}
	if _, err := lines.next(t.Context()); !errors.Is(err, io.EOF) {
		t.Errorf("at the end: %v", err)
	}
}

func TestLineReaderStopsWhenInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := newLineReader(strings.NewReader("one\n")).next(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
