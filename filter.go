package bertsearch

import (
	"fmt"
	"time"
)

// A Filter is a condition on a document's fields. Build one with [Eq], [In],
// [And] and the like, or read one with [ParseFilter]. Filters are immutable and
// may be shared; a nil Filter matches every document.
//
// A field is named as in the document. A dot also steps into a map, and into
// every map of a list: author.name finds {"author": {"name": …}} as well as
// {"author.name": …}. The names id and title stand for the document's own id
// and title, and are always those.
//
// Numbers compare as numbers, exactly, whether they are integers or floats.
// Texts compare as bytes, except that two texts which both are RFC 3339 times
// ("2024-05-01T12:00:00Z") or dates ("2024-05-01", midnight UTC) compare as
// times. Values of different types are unequal, and neither is less.
//
// A list matches when any of its elements does. So Ne(f, v) holds for a list
// with an element other than v, while Not(Eq(f, v)) holds for a list without v.
//
// A document that lacks a field matches no condition on it, negated or not,
// except Not(Exists(f)): Not(Eq("lang", "en")) finds documents in another
// language, not those without one. This is SQL's logic of three values, with
// "unknown" for a missing field. A field that is null is present.
type Filter interface {
	// String returns the condition in the form that ParseFilter reads.
	String() string

	// check says why a condition built with the constructors is not usable.
	check() error
	// eval decides the condition for one document.
	eval(*filterTarget) truth
}

// operator is one of the six comparisons.
type operator uint8

const (
	opEq operator = iota
	opNe
	opLt
	opLe
	opGt
	opGe
)

// operatorTexts are indexed by operator.
var operatorTexts = [...]string{"=", "!=", "<", "<=", ">", ">="}

// orders reports whether the operator asks for an order, not just equality.
func (op operator) orders() bool { return op >= opLt }

// Eq matches documents whose field equals value: nil, a bool, a number, a
// string, a time.Time or another type with a text form.
func Eq(field string, value any) Filter { return newComparison(field, opEq, value) }

// Ne matches documents that have the field, with another value.
func Ne(field string, value any) Filter { return newComparison(field, opNe, value) }

// Lt matches documents whose field is less than value, a number or a text.
func Lt(field string, value any) Filter { return newComparison(field, opLt, value) }

// Le matches documents whose field is at most value, a number or a text.
func Le(field string, value any) Filter { return newComparison(field, opLe, value) }

// Gt matches documents whose field is greater than value, a number or a text.
func Gt(field string, value any) Filter { return newComparison(field, opGt, value) }

// Ge matches documents whose field is at least value, a number or a text.
func Ge(field string, value any) Filter { return newComparison(field, opGe, value) }

// In matches documents whose field equals one of values; with none, no document.
func In(field string, values ...any) Filter {
	m := &membership{field: field, values: make([]literal, len(values))}
	for i, value := range values {
		l, err := newLiteral(field, value)
		if err != nil {
			return invalidFilter{err}
		}
		m.values[i] = l
	}
	m.index()
	return m
}

// Exists matches documents that have the field, whatever its value.
func Exists(field string) Filter { return existence{field} }

// Prefix matches documents whose field is a text that begins with prefix, byte for byte.
func Prefix(field, prefix string) Filter { return &beginning{field, prefix} }

// And matches documents that every filter matches. Nil filters are left out,
// and And of none is nil.
func And(filters ...Filter) Filter {
	var all conjunction
	for _, f := range filters {
		switch f := f.(type) {
		case nil:
		case conjunction:
			all = append(all, f...)
		default:
			all = append(all, f)
		}
	}
	switch len(all) {
	case 0:
		return nil
	case 1:
		return all[0]
	}
	return all
}

// Or matches documents that at least one filter matches. If one is nil the
// result is nil, which matches all; Or of none matches no document.
func Or(filters ...Filter) Filter {
	var any disjunction
	for _, f := range filters {
		switch f := f.(type) {
		case nil:
			return nil
		case disjunction:
			any = append(any, f...)
		default:
			any = append(any, f)
		}
	}
	switch len(any) {
	case 0:
		return In(fieldID) // every document has an id, so this is never unknown
	case 1:
		return any[0]
	}
	return any
}

// Not matches documents for which f is known not to hold; see [Filter] about
// missing fields. Not(nil) matches no document.
func Not(f Filter) Filter {
	switch f := f.(type) {
	case nil:
		return Or()
	case negation:
		return f.Filter
	}
	return negation{f}
}

// comparison is field op value.
type comparison struct {
	field string
	op    operator
	value literal
}

// membership is field in (values).
type membership struct {
	field  string
	values []literal
	texts  map[string]struct{} // the texts among values, for lists of many ids
	others []literal           // what texts cannot answer: all else, and times
}

// existence is exists field.
type existence struct{ field string }

// beginning is field prefix "text".
type beginning struct{ field, prefix string }

// conjunction, disjunction: two or more filters, none of the same type.
type (
	conjunction []Filter
	disjunction []Filter
)

// negation is not (filter); the filter is not itself a negation.
type negation struct{ Filter }

// invalidFilter keeps the error of a constructor until the filter is used.
type invalidFilter struct{ err error }

func newComparison(field string, op operator, value any) Filter {
	l, err := newLiteral(field, value)
	if err != nil {
		return invalidFilter{err}
	}
	if op.orders() && !l.ordered() {
		return invalidFilter{fmt.Errorf("%w: filter on %q: nothing is %s %s; order by a number or a text",
			ErrInvalidQuery, field, operatorTexts[op], l)}
	}
	return &comparison{field, op, l}
}

// index sorts the values into those found by a look-up and the rest.
func (m *membership) index() {
	m.texts = map[string]struct{}{}
	for _, l := range m.values {
		if l.value.kind == kindString {
			m.texts[string(l.value.body)] = struct{}{}
		}
		if l.value.kind != kindString || l.isTime {
			m.others = append(m.others, l)
		}
	}
}

// literal is a value in a filter: null, a bool, a number or a text.
type literal struct {
	value  fieldValue
	time   time.Time // of a text that is a time
	isTime bool
}

// newLiteral converts a Go value as a document's field would be.
func newLiteral(field string, value any) (literal, error) {
	v, err := normalizeValue(value, field, 1)
	if err != nil {
		return literal{}, fmt.Errorf("%w: filter on %w", ErrInvalidQuery, err)
	}
	switch v := v.(type) {
	case bool:
		if v {
			return literal{value: fieldValue{kind: kindTrue}}, nil
		}
		return literal{value: fieldValue{kind: kindFalse}}, nil
	case int64:
		return literal{value: fieldValue{kind: kindInt, int: v}}, nil
	case float64:
		return literal{value: fieldValue{kind: kindFloat, float: v}}, nil
	case []any, map[string]any:
		return literal{}, fmt.Errorf("%w: filter on %q: cannot compare with a list or map", ErrInvalidQuery, field)
	case string:
		if s, ok := value.(string); ok {
			v = s // unlike in a field, bytes that are not UTF-8 stay: an id may have them
		}
		return textLiteral(v), nil
	}
	return literal{value: fieldValue{kind: kindNull}}, nil
}

// textLiteral is a text, perhaps a time.
func textLiteral(text string) literal {
	l := literal{value: fieldValue{kind: kindString, body: []byte(text)}}
	l.time, l.isTime = parseTime(l.value.body)
	return l
}

// ordered reports whether anything can be less than l.
func (l literal) ordered() bool {
	return l.value.kind == kindInt || l.value.kind == kindFloat || l.value.kind == kindString
}

func (c *comparison) check() error { return nil }
func (m *membership) check() error { return nil }
func (e existence) check() error   { return nil }
func (p *beginning) check() error  { return nil }

func (c conjunction) check() error { return checkAll(c) }
func (d disjunction) check() error { return checkAll(d) }

func (f invalidFilter) check() error { return f.err }

func checkAll(filters []Filter) error {
	for _, f := range filters {
		if err := f.check(); err != nil {
			return err
		}
	}
	return nil
}
