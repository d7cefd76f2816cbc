package dataset

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
)

// table knows which columns of a CSV or TSV file are what; -1 is none.
type table struct {
	roles
	positive, negative int // passages that answer the text as a query, or do not
	width              int
}

// header reads the first line: the names of the columns, or a record where the
// columns are given by number.
func (d *reader) header(names []string, line int) (t table, err error) {
	for i, name := range names {
		names[i] = strings.TrimSpace(name)
	}
	if t, ok, err := d.numbered(names, line); ok || err != nil {
		return t, err
	}
	t = table{roles: d.columns.among(names), positive: -1, negative: -1, width: len(names)}
	for _, g := range d.columns.each(&t.roles) {
		if g.name != "" && *g.at < 0 {
			return t, d.failed(line, "there is no column %q among %q", g.name, names)
		}
	}
	if t.text < 0 {
		return t, d.failed(line, "no column of texts among %q: say which it is, by its name, or by its number if this line holds no names", names)
	}
	for i, name := range names {
		switch {
		case t.has(i):
		case strings.EqualFold(name, "positive"):
			t.positive = i
		case strings.EqualFold(name, "negative"):
			t.negative = i
		}
	}
	return t, nil
}

// numbered reads columns that are given by number, of a table without names, and
// its first record.
func (d *reader) numbered(fields []string, line int) (t table, ok bool, err error) {
	t = table{roles{-1, -1, -1, -1}, -1, -1, len(fields)}
	for _, g := range d.columns.each(&t.roles) {
		if g.name == "" {
			continue
		}
		n, err := strconv.Atoi(g.name)
		if err != nil || slices.Contains(fields, g.name) {
			return t, false, nil
		}
		if n < 1 || n > t.width {
			return t, false, d.failed(line, "there is no column %d: the first line has %d", n, t.width)
		}
		*g.at = n - 1
	}
	if t.text < 0 {
		return t, false, nil
	}
	return t, true, d.record(t, fields, line)
}

// record makes an example of the fields of a line.
func (d *reader) record(t table, fields []string, line int) error {
	if len(fields) != t.width {
		return d.failed(line, "%d columns, the first line has %d%s", len(fields), t.width, d.quoting(fields))
	}
	e := Example{Text: strings.TrimSpace(fields[t.text]), File: d.file, Line: line}
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
	if t.positive < 0 && t.negative < 0 {
		d.examples = append(d.examples, e)
		return nil
	}
	for grade, column := range []int{t.negative, t.positive} {
		if column < 0 {
			continue
		}
		if err := d.judge(e, fields[column], float64(grade)); err != nil {
			return d.failed(line, "column %d: %w", column+1, err)
		}
	}
	return nil
}

// judge adds a query's passage, which answers it by the grade, 0 to 1.
func (d *reader) judge(query Example, passage string, grade float64) error {
	if query.Pair, query.Score, query.Group = strings.TrimSpace(passage), &grade, query.Text; query.Pair == "" {
		return errors.New("a passage is empty")
	}
	d.examples = append(d.examples, query)
	return nil
}

// quoting says what may be wrong with the quotes of fields that are too many or
// too few.
func (d *reader) quoting(fields []string) string {
	switch {
	case d.format == CSV && len(fields) > 1:
		return ": a field with the mark between fields in it needs quotes"
	case d.format == TSV && slices.ContainsFunc(fields, func(f string) bool { return strings.HasPrefix(f, `"`) }):
		return fmt.Sprintf(": if its fields are quoted, read the file as %s", CSV)
	}
	return ""
}

// csv reads fields in quotes where they need it. The mark between them is the
// one of , ; | and the tab that the first line has most of.
func (d *reader) csv() error {
	r := csv.NewReader(d.in)
	r.FieldsPerRecord, r.ReuseRecord, r.Comma = -1, true, mark(d.in)
	r.TrimLeadingSpace = r.Comma != '\t'
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
		if err := d.valid(line, []byte(strings.Join(fields, "\n"))); err != nil {
			return err
		}
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

// mark is the one between the fields of a table: that which stands most often
// outside quotes in what can be seen of its first line.
func mark(in *bufio.Reader) rune {
	seen, _ := in.Peek(in.Size()) // shorter where the file is
	counts, quoted := map[rune]int{}, false
	for _, r := range string(seen) {
		if r == '\n' && !quoted {
			break
		}
		if r == '"' {
			quoted = !quoted
		} else if !quoted {
			counts[r]++
		}
	}
	best := ','
	for _, r := range ";\t|" {
		if counts[r] > counts[best] {
			best = r
		}
	}
	return best
}

func (d *reader) tsv() error {
	var t table
	return d.each(func(line []byte) (err error) {
		fields := strings.Split(string(line), "\t")
		for i, f := range fields {
			fields[i] = unquoted(f)
		}
		switch {
		case d.line == 1:
			t, err = d.header(fields, d.line)
		case len(line) > 0:
			err = d.record(t, fields, d.line)
		}
		return err
	})
}

// unquoted is a field of a TSV file without the quotes around it, which some
// programs write, if every quote in it is doubled.
func unquoted(field string) string {
	if len(field) < 2 || field[0] != '"' || field[len(field)-1] != '"' {
		return field
	}
	inside := field[1 : len(field)-1]
	if strings.Contains(strings.ReplaceAll(inside, `""`, ""), `"`) {
		return field
	}
	return strings.ReplaceAll(inside, `""`, `"`)
}
