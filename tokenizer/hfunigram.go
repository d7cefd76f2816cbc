package tokenizer

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"unicode/utf8"
)

// jsonNormalizer is a normaliser of a Unigram tokenizer in tokenizer.json.
type jsonNormalizer struct {
	Type        string           `json:"type"`
	Normalizers []jsonNormalizer `json:"normalizers,omitempty"`          // Sequence
	Charsmap    []byte           `json:"precompiled_charsmap,omitempty"` // Precompiled, base64
	Pattern     *jsonPattern     `json:"pattern,omitempty"`              // Replace
	Content     *string          `json:"content,omitempty"`              // Replace
	Left        *bool            `json:"strip_left,omitempty"`           // Strip
	Right       *bool            `json:"strip_right,omitempty"`          // Strip
}

// jsonPattern holds one of the two.
type jsonPattern struct {
	String *string `json:",omitempty"`
	Regex  *string `json:",omitempty"`
}

// repeated is the regular expression of a pattern that is supported: a character, so many times or more.
var repeated = regexp.MustCompile(`^([^\\.^$*+?()\[\]{}|])(?:\{(\d{1,3}),\}|\+)$`)

// steps appends the steps that n describes.
func (n *jsonNormalizer) steps(list []Step) ([]Step, error) {
	s := Step{Kind: n.Type, Charsmap: n.Charsmap}
	switch n.Type {
	case "Sequence":
		var err error
		for i := range n.Normalizers {
			if list, err = n.Normalizers[i].steps(list); err != nil {
				return nil, err
			}
		}
		return list, nil
	case "Strip":
		s.Left, s.Right = n.Left != nil && *n.Left, n.Right != nil && *n.Right
	case "Replace":
		if n.Content == nil || n.Pattern == nil || (n.Pattern.String == nil) == (n.Pattern.Regex == nil) {
			return nil, fmt.Errorf("normalizer Replace lacks its content or its pattern")
		}
		s.Content = *n.Content
		if n.Pattern.String != nil {
			s.Pattern = *n.Pattern.String
			break
		}
		parts := repeated.FindStringSubmatch(*n.Pattern.Regex)
		if parts == nil {
			return nil, fmt.Errorf("normalizer Replace has the pattern %q; only one character with + or {n,} is supported", *n.Pattern.Regex)
		}
		s.Pattern, s.AtLeast = parts[1], 1
		if parts[2] != "" {
			s.AtLeast, _ = strconv.Atoi(parts[2]) // up to three digits
		}
		if s.AtLeast == 0 {
			return nil, fmt.Errorf("normalizer Replace has the pattern %q, which matches nothing at all", *n.Pattern.Regex)
		}
	}
	return append(list, s), nil
}

// describeSteps writes steps as a normaliser.
func describeSteps(steps []Step) jsonNormalizer {
	out := jsonNormalizer{Type: "Sequence", Normalizers: []jsonNormalizer{}}
	for _, s := range steps {
		n := jsonNormalizer{Type: s.Kind, Charsmap: s.Charsmap}
		switch s.Kind {
		case "Strip":
			n.Left, n.Right = &s.Left, &s.Right
		case "Replace":
			n.Content, n.Pattern = &s.Content, &jsonPattern{String: &s.Pattern}
			if s.AtLeast > 0 {
				regex := fmt.Sprintf("%s{%d,}", s.Pattern, s.AtLeast)
				n.Pattern = &jsonPattern{Regex: &regex}
			}
		}
		out.Normalizers = append(out.Normalizers, n)
	}
	return out
}

// jsonPreTokenizer is a Metaspace, a WhitespaceSplit, or both in a Sequence. Before version 0.15 tokenizers wrote
// add_prefix_space in place of prepend_scheme.
type jsonPreTokenizer struct {
	Type          string             `json:"type"`
	PreTokenizers []jsonPreTokenizer `json:"pretokenizers,omitempty"`
	Replacement   string             `json:"replacement,omitempty"`
	Prepend       Prepend            `json:"prepend_scheme,omitempty"`
	AddPrefix     *bool              `json:"add_prefix_space,omitempty"`
	Split         *bool              `json:"split,omitempty"`
}

// fill sets what the pre-tokeniser says.
func (p *jsonPreTokenizer) fill(u *Unigram) error {
	switch p.Type {
	case "Sequence":
		for i := range p.PreTokenizers {
			if err := p.PreTokenizers[i].fill(u); err != nil {
				return err
			}
		}
		return nil
	case "WhitespaceSplit":
		if u.Mark != "" {
			return fmt.Errorf("pre_tokenizer WhitespaceSplit behind Metaspace is not supported")
		}
		u.DropSpace = true
		return nil
	case "Metaspace":
		if u.Mark != "" {
			return fmt.Errorf("two pre_tokenizers Metaspace are not supported")
		}
		u.Mark, u.Prepend, u.Whole = p.Replacement, p.Prepend, p.Split != nil && !*p.Split
		if u.Prepend == "" {
			u.Prepend = PrependAlways
		}
		if p.AddPrefix != nil && !*p.AddPrefix {
			u.Prepend = PrependNever
		}
		return nil
	}
	return fmt.Errorf("pre_tokenizer %q is not supported with Unigram, only Metaspace and WhitespaceSplit", p.Type)
}

// describe writes the pre-tokeniser.
func (u *Unigram) describe() jsonPreTokenizer {
	split := !u.Whole
	meta := jsonPreTokenizer{Type: "Metaspace", Replacement: u.Mark, Prepend: u.Prepend, Split: &split}
	if !u.DropSpace {
		return meta
	}
	return jsonPreTokenizer{Type: "Sequence", PreTokenizers: []jsonPreTokenizer{{Type: "WhitespaceSplit"}, meta}}
}

// unigram builds a Unigram tokenizer, the other parts of whose configuration are in c.
func (f *jsonFile) unigram(c Config) (*Tokenizer, error) {
	u := &Unigram{ByteFallback: f.Model.ByteFallback != nil && *f.Model.ByteFallback}
	var n jsonNormalizer
	found, err := readPart(f.Normalizer, &n)
	if err == nil && found {
		u.Steps, err = n.steps(nil)
	}
	if err != nil {
		return nil, err
	}
	var p jsonPreTokenizer
	if _, err = readPart(f.PreTokenizer, &p); err != nil {
		return nil, err
	}
	if err := p.fill(u); err != nil {
		return nil, err
	}
	vocab, scores, err := parseScores(f.Model.Vocab)
	if err != nil {
		return nil, err
	}
	if id := f.Model.UnknownID; id == nil || *id < 0 || *id >= len(vocab) {
		return nil, fmt.Errorf("the model's unk_id is not the id of a token")
	}
	c.Unigram, c.Unknown = u, vocab[*f.Model.UnknownID]
	return NewUnigram(vocab, scores, c)
}

// parseScores reads a vocabulary written as a JSON array of pairs, a token and its score. Like parseIDs it expects
// valid JSON.
func parseScores(data []byte) (tokens []string, scores []float64, err error) {
	depth := 0
	for i := 0; i < len(data); {
		switch c := data[i]; {
		case c == '[':
			if depth++; depth > 2 {
				return nil, nil, errPairs
			}
			i++
		case c == ']':
			if depth--; depth == 1 && len(tokens) != len(scores) {
				return nil, nil, errPairs
			}
			i++
		case c == '"' && depth == 2 && len(tokens) == len(scores):
			token, n, err := unquote(data[i:])
			if err != nil {
				return nil, nil, err
			}
			tokens = append(tokens, token)
			i += n
		case (c == '-' || c >= '0' && c <= '9') && depth == 2 && len(tokens) == len(scores)+1:
			end := i
			for end < len(data) && data[end] != ']' && data[end] != ',' && data[end] > ' ' {
				end++
			}
			score, err := strconv.ParseFloat(string(data[i:end]), 64)
			if err != nil {
				return nil, nil, fmt.Errorf("the model's vocab gives token %q the score %.40q: %w", tokens[len(scores)], data[i:end], err)
			}
			scores = append(scores, score)
			i = end
		case c == ',' || c <= ' ':
			i++
		default:
			return nil, nil, errPairs
		}
	}
	if len(tokens) != len(scores) || len(tokens) == 0 {
		return nil, nil, errPairs
	}
	return tokens, scores, nil
}

var errPairs = fmt.Errorf("the model's vocab is not a list of tokens with their scores")

// unquote reads the string at the beginning of valid JSON, and says how many bytes it takes.
func unquote(data []byte) (text string, size int, err error) {
	end, escaped := 1, false
	for ; data[end] != '"'; end++ {
		if data[end] == '\\' {
			escaped = true
			end++
		}
	}
	end++
	if escaped || !utf8.Valid(data[1:end]) {
		err = json.Unmarshal(data[:end], &text)
		return text, end, err
	}
	return string(data[1 : end-1]), end, nil
}

// scores writes the vocabulary as parseScores reads it.
func (t *Tokenizer) scores(list []float64) (json.RawMessage, error) {
	out := []byte{'['}
	for id, score := range list {
		quoted, err := json.Marshal(t.vocab.at(int32(id)))
		if err != nil {
			return nil, err
		}
		if id > 0 {
			out = append(out, ',')
		}
		out = append(append(append(out, '['), quoted...), ',')
		out = append(strconv.AppendFloat(out, score, 'g', -1, 64), ']')
	}
	return append(out, ']'), nil
}
