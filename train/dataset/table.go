package dataset

import (
	"encoding/csv"
	"errors"
	"io"
	"math"
	"strconv"
	"strings"
)

// table knows which columns of a CSV or TSV file are what; -1 is none.
type table struct{ text, pair, label, score, width int }

// header reads the names of the columns.
func (d *reader) header(names []string, line int) (t table, err error) {
	for i, name := range names {
		names[i] = strings.TrimSpace(name)
	}
	t.width = len(names)
	for _, c := range []struct {
		to     *int
		wanted string
		usual  []string
	}{
		{&t.text, d.columns.Text, textNames}, {&t.pair, d.columns.Pair, pairNames},
		{&t.label, d.columns.Label, labelNames}, {&t.score, d.columns.Score, scoreNames},
	} {
		if *c.to, err = column(names, c.wanted, c.usual); err != nil {
			return t, d.failed(line, "%w", err)
		}
	}
	if t.text < 0 {
		return t, d.failed(line, "no column of texts among %q: say which it is", names)
	}
	if d.columns.Label == "" && d.columns.Score != "" {
		t.label = -1
	}
	return t, nil
}

// record makes an example of the fields of a line.
func (d *reader) record(t table, fields []string, line int) error {
	if len(fields) != t.width {
		return d.failed(line, "%d columns, the first line has %d", len(fields), t.width)
	}
	e := Example{Text: strings.TrimSpace(fields[t.text]), Line: line}
	if e.Text == "" {
		return d.failed(line, "the text is empty")
	}
	if t.pair >= 0 {
		if e.Pair = strings.TrimSpace(fields[t.pair]); e.Pair == "" {
			return d.failed(line, "the second text is empty")
		}
	}
	if t.label >= 0 {
		e.Labels = []string{strings.TrimSpace(fields[t.label])}
		if e.Labels[0] == "" {
			return d.failed(line, "the label is empty")
		}
	}
	if t.score >= 0 {
		score, err := strconv.ParseFloat(strings.TrimSpace(fields[t.score]), 64)
		if err != nil || math.IsNaN(score) || math.IsInf(score, 0) {
			return d.failed(line, "the score is %q, want a number", fields[t.score])
		}
		e.Score = &score
	}
	d.examples = append(d.examples, e)
	return nil
}

func (d *reader) csv() error {
	r := csv.NewReader(d.in)
	r.FieldsPerRecord, r.ReuseRecord = -1, true
	var t table
	for first := true; ; first = false {
		fields, err := r.Read()
		if err == io.EOF {
			return nil
		}
		var wrong *csv.ParseError
		if errors.As(err, &wrong) {
			return d.failed(wrong.Line, "column %d: %w", wrong.Column, wrong.Err)
		}
		if err != nil {
			return err
		}
		line, _ := r.FieldPos(0)
		if first {
			t, err = d.header(fields, line)
		} else {
			err = d.record(t, fields, line)
		}
		if err != nil {
			return err
		}
	}
}

func (d *reader) tsv() error {
	var t table
	return d.each(func(line []byte) (err error) {
		fields := strings.Split(string(line), "\t")
		switch {
		case d.line == 1:
			t, err = d.header(fields, d.line)
		case len(line) > 0:
			err = d.record(t, fields, d.line)
		}
		return err
	})
}
