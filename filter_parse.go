package bertsearch

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// maxFilterDepth bounds parentheses within one another, and with them the stack
// that parsing takes.
const maxFilterDepth = 100

// A FilterError says where a filter text is wrong. It unwraps to
// [ErrInvalidQuery].
type FilterError struct {
	// Column counts characters (runes) from 1. It is one past the last where
	// the text ends too early.
	Column int
	// Found is what stands there, and Want what was expected.
	Found, Want string
}

// Error returns one line with the column.
func (e *FilterError) Error() string {
	return fmt.Sprintf("filter: column %d: expected %s, found %s", e.Column, e.Want, e.Found)
}

// Unwrap returns ErrInvalidQuery.
func (e *FilterError) Unwrap() error { return ErrInvalidQuery }

// newFilterError turns a byte offset into a column.
func newFilterError(text string, pos int, found, want string) *FilterError {
	return &FilterError{Column: utf8.RuneCountInString(text[:pos]) + 1, Found: found, Want: want}
}

// ParseFilter reads a filter from its text form:
//
//	lang = "en" and (year >= 2020 or tags in ("new", "hot")) and not exists draft
//
//	filter    = every { "or" every }
//	every     = unary { "and" unary }
//	unary     = "not" unary | "(" filter ")" | condition
//	condition = "exists" field
//	          | field ( "=" | "!=" | "<" | "<=" | ">" | ">=" ) value
//	          | field "in" "(" [ value { "," value } ] ")"
//	          | field "prefix" text
//	field     = name | text
//	value     = text | number | "true" | "false" | "null"
//
// Words may be in any case. A text stands in double or single quotes, with
// JSON's escapes and \xHH for a byte. A name begins with a letter or _ and goes
// on with letters, digits, _, - and dots; any other name, and one that is a
// word of the language, goes in quotes. See [Filter] for what conditions mean.
//
// A mistake is a *FilterError. Empty text is a mistake too: the filter that
// matches every document is nil, and has no text.
func ParseFilter(text string) (Filter, error) {
	p := filterParser{text: text}
	if err := p.advance(); err != nil {
		return nil, err
	}
	f, err := p.parseFilter(0)
	if err != nil {
		return nil, err
	}
	if p.token.kind != tokenEnd {
		return nil, p.expected(`"and", "or" or the end`)
	}
	return f, nil
}

// filterParser reads by recursive descent, one token ahead.
type filterParser struct {
	text  string
	token filterToken
}

// advance moves to the next token.
func (p *filterParser) advance() error {
	next, err := scanToken(p.text, p.token.end)
	p.token = next
	return err
}

// skip moves past a keyword or mark.
func (p *filterParser) skip(text string) error {
	if !p.token.is(text) {
		return p.expected(`"` + text + `"`)
	}
	return p.advance()
}

// expected is the error that the current token is not what it should be.
func (p *filterParser) expected(want string) error {
	found := "the end"
	if p.token.kind != tokenEnd {
		const shown = 30
		runes := []rune(strings.ToValidUTF8(p.text[p.token.start:p.token.end], "\uFFFD"))
		if len(runes) > shown {
			runes = append(runes[:shown], '…')
		}
		found = string(runes)
	}
	return newFilterError(p.text, p.token.start, found, want)
}

func (p *filterParser) parseFilter(depth int) (Filter, error) {
	return p.parseJoined(wordOr, Or, func() (Filter, error) {
		return p.parseJoined(wordAnd, And, func() (Filter, error) { return p.parseUnary(depth) })
	})
}

// parseJoined reads one or more operands with a word between them.
func (p *filterParser) parseJoined(word string, join func(...Filter) Filter, operand func() (Filter, error)) (Filter, error) {
	var operands []Filter
	for {
		f, err := operand()
		if err != nil {
			return nil, err
		}
		operands = append(operands, f)
		if !p.token.is(word) {
			return join(operands...), nil
		}
		if err := p.advance(); err != nil {
			return nil, err
		}
	}
}

// parseUnary reads a condition or a filter in parentheses, after any number of
// nots.
func (p *filterParser) parseUnary(depth int) (Filter, error) {
	negated := false
	for p.token.is(wordNot) {
		negated = !negated
		if err := p.advance(); err != nil {
			return nil, err
		}
	}
	f, err := p.parseOperand(depth)
	if err != nil || !negated {
		return f, err
	}
	return Not(f), nil
}

// parseOperand reads a condition or a filter in parentheses.
func (p *filterParser) parseOperand(depth int) (Filter, error) {
	if !p.token.is("(") {
		return p.parseCondition()
	}
	if depth == maxFilterDepth {
		return nil, p.expected(fmt.Sprintf("at most %d levels of parentheses", maxFilterDepth))
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	f, err := p.parseFilter(depth + 1)
	if err != nil {
		return nil, err
	}
	return f, p.skip(")")
}

func (p *filterParser) parseCondition() (Filter, error) {
	if p.token.is(wordExists) {
		if err := p.advance(); err != nil {
			return nil, err
		}
		field, err := p.parseField("a field name")
		return Exists(field), err
	}
	field, err := p.parseField(`a field name, "exists", "not" or "("`)
	if err != nil {
		return nil, err
	}
	switch {
	case p.token.kind == tokenOperator:
		return p.parseComparison(field)
	case p.token.is(wordIn):
		return p.parseMembership(field)
	case p.token.is(wordPrefix):
		return p.parsePrefix(field)
	}
	return nil, p.expected(`one of = != < <= > >= in prefix after the field name`)
}

func (p *filterParser) parseField(want string) (string, error) {
	if p.token.kind == tokenWord {
		return "", p.expected(want + " (a word of the language needs quotes to be one)")
	}
	if p.token.kind != tokenName && p.token.kind != tokenText {
		return "", p.expected(want)
	}
	name := p.token.text
	return name, p.advance()
}

func (p *filterParser) parseComparison(field string) (Filter, error) {
	var op operator
	for i, text := range operatorTexts {
		if text == p.token.text {
			op = operator(i)
		}
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	if op.orders() && p.token.kind == tokenWord {
		return nil, p.expected(`a number or a text in quotes after ` + operatorTexts[op])
	}
	value, err := p.parseValue()
	return &comparison{field, op, value}, err
}

func (p *filterParser) parseMembership(field string) (Filter, error) {
	if err := p.advance(); err != nil {
		return nil, err
	}
	if err := p.skip("("); err != nil {
		return nil, err
	}
	m := &membership{field: field, values: []literal{}}
	for !p.token.is(")") {
		if len(m.values) > 0 {
			if !p.token.is(",") {
				return nil, p.expected(`"," or ")"`)
			}
			if err := p.advance(); err != nil {
				return nil, err
			}
		}
		value, err := p.parseValue()
		if err != nil {
			return nil, err
		}
		m.values = append(m.values, value)
	}
	m.index()
	return m, p.advance()
}

func (p *filterParser) parsePrefix(field string) (Filter, error) {
	if err := p.advance(); err != nil {
		return nil, err
	}
	if p.token.kind != tokenText {
		return nil, p.expected("a text in quotes")
	}
	text := p.token.text
	return Prefix(field, text), p.advance()
}

func (p *filterParser) parseValue() (literal, error) {
	const want = "a value: a text in quotes, a number, true, false or null"
	var l literal
	switch {
	case p.token.kind == tokenText:
		l = textLiteral(p.token.text)
	case p.token.kind == tokenNumber:
		var err error
		if l, err = p.parseNumber(); err != nil {
			return literal{}, err
		}
	case p.token.is(wordTrue):
		l.value.kind = kindTrue
	case p.token.is(wordFalse):
		l.value.kind = kindFalse
	case p.token.is(wordNull):
		l.value.kind = kindNull
	default:
		return literal{}, p.expected(want)
	}
	return l, p.advance()
}

// parseNumber reads the current token. What only begins like a number, such as
// a bare date, is a text that lacks its quotes.
func (p *filterParser) parseNumber() (literal, error) {
	if strings.Trim(p.token.text, "0123456789+-.eE") != "" {
		return literal{}, p.expected("a number (times and other texts go in quotes)")
	}
	number, err := parseNumber(p.token.text)
	if err != nil {
		return literal{}, p.expected("a number that fits 64 bits (times and other texts go in quotes)")
	}
	return newLiteral("", number)
}
