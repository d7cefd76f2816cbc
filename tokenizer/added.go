package tokenizer

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// matcher finds added tokens in a text: at the leftmost place the longest one, never two on the same bytes.
type matcher struct {
	tokens []AddedToken
	trie   trie // content → index in tokens
	first  [256]bool
	only   byte // the one first byte, if lone
	lone   bool
}

// newMatcher looks for contents[i] on behalf of tokens[i].
func newMatcher(tokens []AddedToken, contents []string) (matcher, error) {
	m := matcher{tokens: tokens}
	var entries []entry
	count := 0
	for i, s := range contents {
		if s == "" {
			continue
		}
		entries = append(entries, entry{s, int32(i)})
		if !m.first[s[0]] {
			m.first[s[0]] = true
			m.only = s[0]
			count++
		}
	}
	m.lone = count == 1
	if count == 0 {
		m.tokens = nil
		return m, nil
	}
	var err error
	if m.trie, err = newTrie(entries); err != nil {
		return m, fmt.Errorf("added tokens: %w", err)
	}
	return m, nil
}

// match is an added token and the bytes that it covers.
type match struct {
	id         int32
	start, end int
}

// cursor walks over a text from match to match.
type cursor struct {
	m    *matcher
	text string
	from int // where to look on
	done int // end of the last match
}

func (m *matcher) cursor(text string) cursor { return cursor{m: m, text: text} }

// next is the next match; matches come in order.
func (c *cursor) next() (match, bool) {
	for {
		start, end, token := c.find()
		if token == nil {
			return match{}, false
		}
		c.from = end
		if token.SingleWord && (endsWithWord(c.text[:start]) || startsWithWord(c.text[end:])) {
			continue
		}
		if token.LStrip {
			start = max(len(strings.TrimRightFunc(c.text[:start], unicode.IsSpace)), c.done)
		}
		if token.RStrip {
			end = len(c.text) - len(strings.TrimLeftFunc(c.text[end:], unicode.IsSpace))
		}
		c.done = end
		return match{token.ID, start, end}, true
	}
}

// find is the next place where a token's content stands.
func (c *cursor) find() (start, end int, token *AddedToken) {
	if len(c.m.tokens) == 0 {
		return 0, 0, nil
	}
	for i := c.from; i < len(c.text); i++ {
		if c.m.lone {
			k := strings.IndexByte(c.text[i:], c.m.only)
			if k < 0 {
				break
			}
			i += k
		} else if !c.m.first[c.text[i]] {
			continue
		}
		if end, id := c.m.longest(c.text, i); id >= 0 {
			return i, end, &c.m.tokens[id]
		}
	}
	c.from = len(c.text)
	return 0, 0, nil
}

// longest is the longest content that begins at i.
func (m *matcher) longest(text string, i int) (end int, id int32) {
	id = -1
	n := m.trie.root
	for ; i < len(text); i++ {
		next, ok := m.trie.step(n, text[i])
		if !ok {
			break
		}
		n = next
		if k := n.id(); k >= 0 {
			end, id = i+1, k
		}
	}
	return end, id
}

func endsWithWord(s string) bool {
	r, _ := utf8.DecodeLastRuneInString(s)
	return s != "" && within(wordChars, r)
}

func startsWithWord(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return s != "" && within(wordChars, r)
}
