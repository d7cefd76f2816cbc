package tokenizer

import (
	"encoding/json"
	"fmt"
	"strings"
)

// ParseJSON makes a tokenizer from the text of a Hugging Face tokenizer.json. A part of a kind that this package
// does not know is an error that names it; padding and the decoder are not read.
func ParseJSON(data []byte) (*Tokenizer, error) {
	var f jsonFile
	if err := json.Unmarshal(data, &f); err != nil {
		return nil, fmt.Errorf("tokenizer: tokenizer.json: %w", err)
	}
	t, err := f.tokenizer()
	if err != nil {
		return nil, fmt.Errorf("tokenizer: tokenizer.json: %w", err)
	}
	return t, nil
}

// jsonFile is tokenizer.json.
type jsonFile struct {
	Version       string          `json:"version"`
	Truncation    *jsonTruncation `json:"truncation"`
	Padding       *jsonPadding    `json:"padding"`
	AddedTokens   []jsonAdded     `json:"added_tokens"`
	Normalizer    json.RawMessage `json:"normalizer"`    // jsonBertNormalizer or jsonNormalizer
	PreTokenizer  json.RawMessage `json:"pre_tokenizer"` // jsonKind or jsonPreTokenizer
	PostProcessor *jsonTemplate   `json:"post_processor"`
	Decoder       json.RawMessage `json:"decoder"` // only written
	Model         jsonModel       `json:"model"`
}

type jsonKind struct {
	Type string `json:"type"`
}

// readPart reads a part of the file that may be null; found is whether it is there.
func readPart(data json.RawMessage, into any) (found bool, err error) {
	if len(data) == 0 || string(data) == "null" {
		return false, nil
	}
	return true, json.Unmarshal(data, into)
}

type jsonTruncation struct {
	Direction string `json:"direction"`
	MaxLength int    `json:"max_length"`
	Strategy  string `json:"strategy"`
	Stride    int    `json:"stride"`
}

type jsonPadding struct {
	PadToken string `json:"pad_token"`
}

// jsonAdded is an entry of added_tokens.
type jsonAdded struct {
	ID int32 `json:"id"`
	jsonFlags
}

// jsonFlags is an added token but for its id, as tokenizer_config.json lists it too.
type jsonFlags struct {
	Content    string `json:"content"`
	SingleWord bool   `json:"single_word"`
	LStrip     bool   `json:"lstrip"`
	RStrip     bool   `json:"rstrip"`
	Normalized bool   `json:"normalized"`
	Special    bool   `json:"special"`
}

// token is the added token that f describes.
func (f jsonFlags) token(id int32) AddedToken {
	return AddedToken{f.Content, id, f.Special, f.SingleWord, f.LStrip, f.RStrip, f.Normalized}
}

// describe writes an added token down.
func describe(a AddedToken) jsonFlags {
	return jsonFlags{a.Content, a.SingleWord, a.LStrip, a.RStrip, a.Normalized, a.Special}
}

type jsonBertNormalizer struct {
	Type         string `json:"type"`
	CleanText    bool   `json:"clean_text"`
	ChineseChars bool   `json:"handle_chinese_chars"`
	StripAccents *bool  `json:"strip_accents"` // null: as Lowercase
	Lowercase    bool   `json:"lowercase"`
}

type jsonDecoder struct {
	Type    string `json:"type"`
	Prefix  string `json:"prefix"`
	Cleanup bool   `json:"cleanup"`
}

// jsonModel is the model. Its vocabulary is read once the kind is known, as each kind writes it in its own way.
type jsonModel struct {
	Type         string          `json:"type"`
	Unknown      string          `json:"unk_token,omitempty"`
	UnknownID    *int            `json:"unk_id,omitempty"`
	Prefix       *string         `json:"continuing_subword_prefix,omitempty"`
	MaxWord      *int            `json:"max_input_chars_per_word,omitempty"`
	Vocab        json.RawMessage `json:"vocab"`
	ByteFallback *bool           `json:"byte_fallback,omitempty"`
}

// tokenizer builds what the file describes.
func (f *jsonFile) tokenizer() (*Tokenizer, error) {
	var c Config
	c.Single, c.Pair = []Piece{{Sequence: 0}}, []Piece{{Sequence: 0}, {Sequence: 1, Type: 1}}
	if t := f.Truncation; t != nil {
		if t.Direction == "Left" {
			return nil, fmt.Errorf("truncation direction %q is not supported, only Right", t.Direction)
		}
		c.MaxLength = t.MaxLength
	}
	for _, a := range f.AddedTokens {
		c.Added = append(c.Added, a.token(a.ID))
	}
	if f.PostProcessor != nil {
		if err := f.PostProcessor.fill(&c); err != nil {
			return nil, err
		}
	}
	f.roles(&c)
	switch f.Model.Type {
	case "WordPiece":
		return f.wordPiece(c)
	case "Unigram":
		return f.unigram(c)
	}
	return nil, fmt.Errorf("model %q is not supported, only WordPiece and Unigram", f.Model.Type)
}

// wordPiece builds a WordPiece tokenizer, the other parts of whose configuration are in c.
func (f *jsonFile) wordPiece(c Config) (*Tokenizer, error) {
	var n jsonBertNormalizer
	found, err := readPart(f.Normalizer, &n)
	if err != nil {
		return nil, err
	}
	if found && n.Type != "BertNormalizer" {
		return nil, fmt.Errorf("normalizer %q is not supported with WordPiece, only BertNormalizer", n.Type)
	}
	var split jsonKind
	if _, err := readPart(f.PreTokenizer, &split); err != nil {
		return nil, err
	}
	if split.Type != "BertPreTokenizer" {
		return nil, fmt.Errorf("pre_tokenizer %q is not supported with WordPiece, only BertPreTokenizer", split.Type)
	}
	c.CleanText, c.ChineseChars, c.Lowercase, c.StripAccents = n.CleanText, n.ChineseChars, n.Lowercase, n.Lowercase
	if n.StripAccents != nil {
		c.StripAccents = *n.StripAccents
	}
	c.Unknown, c.MaxWordChars = f.Model.Unknown, 100
	if f.Model.Prefix != nil {
		c.Prefix = *f.Model.Prefix
	}
	if f.Model.MaxWord != nil {
		c.MaxWordChars = *f.Model.MaxWord
	}
	vocab, err := parseIDs(f.Model.Vocab)
	if err != nil {
		return nil, err
	}
	return NewWordPiece(vocab, c)
}

// roles finds out which tokens have which task.
func (f *jsonFile) roles(c *Config) {
	if len(c.Single) > 1 {
		c.Roles.CLS, c.Roles.SEP = c.Single[0].Special, c.Single[len(c.Single)-1].Special
	}
	if f.Padding != nil {
		c.Roles.PAD = f.Padding.PadToken
	}
	for _, a := range c.Added {
		name := strings.ToLower(a.Content)
		if c.Roles.PAD == "" && a.Special && strings.Contains(name, "pad") {
			c.Roles.PAD = a.Content
		}
		if c.Roles.MASK == "" && a.Special && strings.Contains(name, "mask") {
			c.Roles.MASK = a.Content
		}
	}
}
