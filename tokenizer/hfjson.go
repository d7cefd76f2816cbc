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
	Normalizer    *jsonNormalizer `json:"normalizer"`
	PreTokenizer  *jsonKind       `json:"pre_tokenizer"`
	PostProcessor *jsonTemplate   `json:"post_processor"`
	Decoder       *jsonDecoder    `json:"decoder"`
	Model         jsonModel       `json:"model"`
}

type jsonKind struct {
	Type string `json:"type"`
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

type jsonNormalizer struct {
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
	Type    string          `json:"type"`
	Unknown string          `json:"unk_token"`
	Prefix  string          `json:"continuing_subword_prefix"`
	MaxWord *int            `json:"max_input_chars_per_word"`
	Vocab   json.RawMessage `json:"vocab"`
}

// tokenizer builds what the file describes.
func (f *jsonFile) tokenizer() (*Tokenizer, error) {
	if err := f.supported(); err != nil {
		return nil, err
	}
	c := Config{
		Unknown: f.Model.Unknown, Prefix: f.Model.Prefix, MaxWordChars: 100,
		Single: []Piece{{Sequence: 0}}, Pair: []Piece{{Sequence: 0}, {Sequence: 1, Type: 1}},
	}
	if f.Model.MaxWord != nil {
		c.MaxWordChars = *f.Model.MaxWord
	}
	if n := f.Normalizer; n != nil {
		c.CleanText, c.ChineseChars, c.Lowercase, c.StripAccents = n.CleanText, n.ChineseChars, n.Lowercase, n.Lowercase
		if n.StripAccents != nil {
			c.StripAccents = *n.StripAccents
		}
	}
	if f.Truncation != nil {
		c.MaxLength = f.Truncation.MaxLength
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
	vocab, err := parseIDs(f.Model.Vocab)
	if err != nil {
		return nil, err
	}
	return NewWordPiece(vocab, c)
}

// supported checks the kinds of all parts.
func (f *jsonFile) supported() error {
	switch {
	case f.Model.Type != "WordPiece":
		return fmt.Errorf("model %q is not supported, only WordPiece", f.Model.Type)
	case f.Normalizer != nil && f.Normalizer.Type != "BertNormalizer":
		return fmt.Errorf("normalizer %q is not supported, only BertNormalizer", f.Normalizer.Type)
	case f.PreTokenizer == nil:
		return fmt.Errorf("no pre_tokenizer: only BertPreTokenizer is supported")
	case f.PreTokenizer.Type != "BertPreTokenizer":
		return fmt.Errorf("pre_tokenizer %q is not supported, only BertPreTokenizer", f.PreTokenizer.Type)
	case f.Truncation != nil && f.Truncation.Direction == "Left":
		return fmt.Errorf("truncation direction %q is not supported, only Right", f.Truncation.Direction)
	}
	return nil
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
