package bertsearch

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The words of the filter language. They are keywords in any case.
const (
	wordAnd    = "and"
	wordOr     = "or"
	wordNot    = "not"
	wordIn     = "in"
	wordExists = "exists"
	wordPrefix = "prefix"
	wordTrue   = "true"
	wordFalse  = "false"
	wordNull   = "null"
)

// isFilterWord reports whether s, in lower case, is a keyword.
func isFilterWord(s string) bool {
	switch s {
	case wordAnd, wordOr, wordNot, wordIn, wordExists, wordPrefix, wordTrue, wordFalse, wordNull:
		return true
	}
	return false
}

func (c *comparison) String() string {
	return fieldText(c.field) + " " + operatorTexts[c.op] + " " + c.value.String()
}

func (m *membership) String() string {
	values := make([]string, len(m.values))
	for i, l := range m.values {
		values[i] = l.String()
	}
	return fieldText(m.field) + " " + wordIn + " (" + strings.Join(values, ", ") + ")"
}

func (e existence) String() string { return wordExists + " " + fieldText(e.field) }

func (p *beginning) String() string {
	return fieldText(p.field) + " " + wordPrefix + " " + quoteText(p.prefix)
}

func (c conjunction) String() string { return joinFilters(c, wordAnd) }
func (d disjunction) String() string { return joinFilters(d, wordOr) }

// String puts only joined filters in parentheses, so that the text of a parsed
// filter has no more of them than the text it was parsed from.
func (n negation) String() string {
	switch n.Filter.(type) {
	case conjunction, disjunction:
		return wordNot + " (" + n.Filter.String() + ")"
	}
	return wordNot + " " + n.Filter.String()
}

func (f invalidFilter) String() string { return fmt.Sprintf("<%v>", f.err) }

// joinFilters writes filters with a word between them. "and" binds closer than
// "or", so only a disjunction inside a conjunction needs parentheses.
func joinFilters(filters []Filter, word string) string {
	texts := make([]string, len(filters))
	for i, f := range filters {
		texts[i] = f.String()
		if _, loose := f.(disjunction); loose {
			texts[i] = "(" + texts[i] + ")"
		}
	}
	return strings.Join(texts, " "+word+" ")
}

// String returns the literal as ParseFilter reads it.
func (l literal) String() string {
	switch l.value.kind {
	case kindFalse:
		return wordFalse
	case kindTrue:
		return wordTrue
	case kindInt:
		return strconv.FormatInt(l.value.int, 10)
	case kindFloat:
		return string(appendFloat(nil, l.value.float))
	case kindString:
		return quoteText(string(l.value.body))
	}
	return wordNull
}

// fieldText returns a field's name, quoted where it would not be read as one.
func fieldText(name string) string {
	if name == "" || isFilterWord(strings.ToLower(name)) {
		return quoteText(name)
	}
	for i, r := range name {
		if !isNameRune(r, i == 0) {
			return quoteText(name)
		}
	}
	return name
}

// isNameRune reports whether r may stand in a bare name.
func isNameRune(r rune, first bool) bool {
	switch {
	case r == utf8.RuneError:
		return false
	case r == '_' || unicode.IsLetter(r):
		return true
	case first:
		return false
	}
	return r == '.' || r == '-' || unicode.IsDigit(r) || unicode.IsMark(r)
}

// quoteText returns s in double quotes. Escapes are JSON's, and \xHH stands for
// a byte that is not UTF-8, which an id may hold.
func quoteText(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[0])
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < 0x20 || r == 0x7f || r == 0x2028 || r == 0x2029:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteString(s[:size])
		}
		s = s[size:]
	}
	b.WriteByte('"')
	return b.String()
}
