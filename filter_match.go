package bertsearch

import (
	"bytes"
	"cmp"
	"strings"
	"time"
)

// The document's own parts that a filter can name.
const (
	fieldID    = "id"
	fieldTitle = "title"
)

// matchFilter reports whether f, which may be nil, matches the document with
// that id, title and stored fields. An error means damaged fields.
func matchFilter(f Filter, id, title, fields []byte) (bool, error) {
	if f == nil {
		return true, nil
	}
	target := filterTarget{id: id, title: title, fields: fields}
	result := f.eval(&target)
	return result == yes && target.err == nil, target.err
}

// checkFilter says why f, which may be nil, cannot be used. The error wraps
// ErrInvalidQuery.
func checkFilter(f Filter) error {
	if f == nil {
		return nil
	}
	return f.check()
}

// truth is a value of Kleene's three-valued logic, in which "and" is the least
// of its sides and "or" the greatest.
type truth uint8

const (
	no truth = iota
	unknown
	yes
)

// filterTarget is the document that a filter is asked about.
type filterTarget struct {
	id, title, fields []byte
	err               error // the first damage seen in fields
}

// valueTest is a condition on one value that is not a list.
type valueTest interface{ test(fieldValue) bool }

// eval asks whether any value of field passes the test; unknown if there is no
// such field.
func (t *filterTarget) eval(field string, test valueTest) truth {
	switch field {
	case fieldID:
		return known(test.test(fieldValue{kind: kindString, body: t.id}))
	case fieldTitle:
		if len(t.title) == 0 {
			return unknown
		}
		return known(test.test(fieldValue{kind: kindString, body: t.title}))
	}
	s := fieldSearch{test: test}
	if err := s.entries(t.fields, field); err != nil && t.err == nil {
		t.err = err
	}
	if !s.found {
		return unknown
	}
	return known(s.passed)
}

func known(b bool) truth {
	if b {
		return yes
	}
	return no
}

// fieldSearch looks for the values of one field in stored fields.
type fieldSearch struct {
	test   valueTest
	found  bool // there is such a field
	passed bool // and a value of it passes the test
}

// entries looks for name in entries: under the whole name, and, for each dot,
// under what is before it and then in the map there. Entries are sorted, and
// what begins with a name is not less than it, so the search ends early.
func (s *fieldSearch) entries(b []byte, name string) error {
	for len(b) > 0 && !s.passed {
		key, v, rest, err := readEntry(b)
		if err != nil {
			return err
		}
		switch {
		case string(key) == name:
			s.found = true
			return s.value(v)
		case string(key) > name:
			return nil
		case len(key) < len(name) && name[len(key)] == '.' && strings.HasPrefix(name, string(key)):
			if err := s.inside(v, name[len(key)+1:]); err != nil {
				return err
			}
		}
		b = rest
	}
	return nil
}

// inside looks for name in a map, and in the maps of a list.
func (s *fieldSearch) inside(v fieldValue, name string) error {
	switch v.kind {
	case kindMap:
		return s.entries(v.body, name)
	case kindList:
		for b := v.body; len(b) > 0 && !s.passed; {
			element, rest, err := readValue(b)
			if err != nil {
				return err
			}
			if err := s.inside(element, name); err != nil {
				return err
			}
			b = rest
		}
	}
	return nil
}

// value tests v, or the elements of a list.
func (s *fieldSearch) value(v fieldValue) error {
	if v.kind != kindList {
		s.passed = s.passed || s.test.test(v)
		return nil
	}
	for b := v.body; len(b) > 0 && !s.passed; {
		element, rest, err := readValue(b)
		if err != nil {
			return err
		}
		if err := s.value(element); err != nil {
			return err
		}
		b = rest
	}
	return nil
}

func (c *comparison) eval(t *filterTarget) truth { return t.eval(c.field, c) }
func (m *membership) eval(t *filterTarget) truth { return t.eval(m.field, m) }
func (p *beginning) eval(t *filterTarget) truth  { return t.eval(p.field, p) }

func (e existence) eval(t *filterTarget) truth {
	return known(t.eval(e.field, e) != unknown)
}

func (n negation) eval(t *filterTarget) truth { return yes - n.Filter.eval(t) }

func (c conjunction) eval(t *filterTarget) truth {
	result := yes
	for _, f := range c {
		if result = min(result, f.eval(t)); result == no {
			break
		}
	}
	return result
}

func (d disjunction) eval(t *filterTarget) truth {
	result := no
	for _, f := range d {
		if result = max(result, f.eval(t)); result == yes {
			break
		}
	}
	return result
}

func (invalidFilter) eval(*filterTarget) truth { return unknown }

func (c *comparison) test(v fieldValue) bool {
	order, comparable := c.value.compare(v)
	switch c.op {
	case opEq:
		return comparable && order == 0
	case opNe:
		return !comparable || order != 0
	case opLt:
		return comparable && order < 0
	case opLe:
		return comparable && order <= 0
	case opGt:
		return comparable && order > 0
	default:
		return comparable && order >= 0
	}
}

func (m *membership) test(v fieldValue) bool {
	if v.kind == kindString {
		if _, found := m.texts[string(v.body)]; found {
			return true
		}
	}
	for _, l := range m.others {
		if order, comparable := l.compare(v); comparable && order == 0 {
			return true
		}
	}
	return false
}

func (e existence) test(fieldValue) bool { return true }

func (p *beginning) test(v fieldValue) bool {
	return v.kind == kindString && len(v.body) >= len(p.prefix) && string(v.body[:len(p.prefix)]) == p.prefix
}

// compare returns -1, 0 or +1 as v is less than, equal to or greater than l.
// Values of different types are not comparable.
func (l literal) compare(v fieldValue) (order int, comparable bool) {
	switch {
	case v.kind == kindString && l.value.kind == kindString:
		if l.isTime {
			if t, ok := parseTime(v.body); ok {
				return t.Compare(l.time), true
			}
		}
		return bytes.Compare(v.body, l.value.body), true
	case v.kind == kindInt && l.value.kind == kindInt:
		return cmp.Compare(v.int, l.value.int), true
	case v.kind == kindFloat && l.value.kind == kindFloat:
		return cmp.Compare(v.float, l.value.float), true
	case v.kind == kindInt && l.value.kind == kindFloat:
		return compareIntFloat(v.int, l.value.float), true
	case v.kind == kindFloat && l.value.kind == kindInt:
		return -compareIntFloat(l.value.int, v.float), true
	}
	return 0, v.kind == l.value.kind && v.kind != kindMap
}

// compareIntFloat compares without rounding i to a float, which would make
// 2^53 and 2^53+1 equal.
func compareIntFloat(i int64, f float64) int {
	switch {
	case f >= 1<<63:
		return -1
	case f < -(1 << 63):
		return 1
	}
	whole := int64(f)
	if order := cmp.Compare(i, whole); order != 0 {
		return order
	}
	return cmp.Compare(float64(whole), f)
}

// parseTime reads an RFC 3339 time or date; a date is its midnight in UTC.
func parseTime(text []byte) (time.Time, bool) {
	if len(text) < len(time.DateOnly) || text[4] != '-' || text[7] != '-' {
		return time.Time{}, false // the usual text, told apart without a copy
	}
	layout := time.RFC3339
	if len(text) == len(time.DateOnly) {
		layout = time.DateOnly
	}
	t, err := time.Parse(layout, string(text))
	return t, err == nil
}
