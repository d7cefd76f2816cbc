package bertsearch

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// tokenKind says what a piece of filter text is.
type tokenKind uint8

const (
	tokenEnd      tokenKind = iota
	tokenName               // a bare field name
	tokenWord               // a keyword
	tokenText               // in quotes
	tokenNumber             // a number, or what begins like one
	tokenOperator           // = != < <= > >=
	tokenMark               // ( ) , or anything not known
)

// A filterToken is one token and where it stands.
type filterToken struct {
	kind  tokenKind
	text  string // as written, but of a tokenText the content and of a tokenWord the lower case
	start int    // byte offset in the filter text
	end   int
}

// is reports whether the token is that keyword or mark.
func (t filterToken) is(text string) bool {
	return (t.kind == tokenWord || t.kind == tokenMark) && t.text == text
}

// scanToken returns the first token at or after byte offset pos of text.
func scanToken(text string, pos int) (filterToken, error) {
	for pos < len(text) {
		r, size := utf8.DecodeRuneInString(text[pos:])
		if !unicode.IsSpace(r) {
			break
		}
		pos += size
	}
	if pos == len(text) {
		return filterToken{kind: tokenEnd, start: pos, end: pos}, nil
	}
	rest := text[pos:]
	switch c := rest[0]; {
	case c == '"' || c == '\'':
		return scanText(text, pos)
	case c == '=':
		return newToken(tokenOperator, rest, 1, pos), nil
	case c == '<' || c == '>' || strings.HasPrefix(rest, "!="):
		size := 1
		if len(rest) > 1 && rest[1] == '=' {
			size = 2
		}
		return newToken(tokenOperator, rest, size, pos), nil
	case c == '-' || c >= '0' && c <= '9':
		return newToken(tokenNumber, rest, numberLength(rest), pos), nil
	}
	if size := nameLength(rest); size > 0 {
		t := newToken(tokenName, rest, size, pos)
		if word := strings.ToLower(t.text); isFilterWord(word) {
			t.kind, t.text = tokenWord, word
		}
		return t, nil
	}
	_, size := utf8.DecodeRuneInString(rest)
	return newToken(tokenMark, rest, size, pos), nil
}

func newToken(kind tokenKind, rest string, size, pos int) filterToken {
	return filterToken{kind: kind, text: rest[:size], start: pos, end: pos + size}
}

// nameLength returns how many bytes at the start of s are a bare name.
func nameLength(s string) int {
	for i, r := range s {
		if !isNameRune(r, i == 0) {
			return i
		}
	}
	return len(s)
}

// numberLength returns how many bytes at the start of s look like a number. It
// takes letters and more signs along, so that a bare 2024-05-01 is one mistake.
func numberLength(s string) int {
	for i := range len(s) {
		c := s[i]
		if c != '-' && c != '+' && c != '.' && c != ':' && c != '_' &&
			(c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			return i
		}
	}
	return len(s)
}

// simpleEscapes are the escapes of one letter and the byte that each stands for.
var simpleEscapes = map[byte]byte{
	'"': '"', '\'': '\'', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t',
}

// scanText reads a quoted text that starts at pos.
func scanText(text string, pos int) (filterToken, error) {
	quote := text[pos]
	var content strings.Builder
	for i := pos + 1; i < len(text); {
		switch c := text[i]; c {
		case quote:
			return filterToken{kind: tokenText, text: content.String(), start: pos, end: i + 1}, nil
		case '\\':
			size, err := scanEscape(&content, text, i)
			if err != nil {
				return filterToken{}, err
			}
			i += size
		default:
			content.WriteByte(c)
			i++
		}
	}
	return filterToken{}, newFilterError(text, pos, "a text that does not end", "a closing "+string(quote))
}

// scanEscape reads the escape at pos, appends what it stands for and returns
// its length in bytes.
func scanEscape(content *strings.Builder, text string, pos int) (int, error) {
	const want = `one of \" \' \\ \/ \b \f \n \r \t \uXXXX \xHH`
	rest := text[pos+1:]
	if rest == "" {
		return 0, newFilterError(text, pos, `\ at the end`, want)
	}
	if c, ok := simpleEscapes[rest[0]]; ok {
		content.WriteByte(c)
		return 2, nil
	}
	digits := map[byte]int{'u': 4, 'x': 2}[rest[0]]
	if digits == 0 || len(rest) <= digits {
		return 0, newFilterError(text, pos, fmt.Sprintf("%.10q", text[pos:]), want)
	}
	code, err := strconv.ParseUint(rest[1:1+digits], 16, 32)
	if err != nil {
		return 0, newFilterError(text, pos, fmt.Sprintf("%.10q", text[pos:]), want)
	}
	if rest[0] == 'x' {
		content.WriteByte(byte(code))
	} else {
		content.WriteRune(rune(code)) // half of a surrogate pair becomes U+FFFD
	}
	return 2 + digits, nil
}
