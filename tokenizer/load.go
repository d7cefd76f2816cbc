package tokenizer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Load reads the tokenizer of a model folder: tokenizer.json, or else vocab.txt with tokenizer_config.json beside it.
// Where tokenizer.json does not say how long a text may be, tokenizer_config.json does.
func Load(dir string) (*Tokenizer, error) {
	settings, err := readSettings(dir)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, "tokenizer.json")
	data, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return loadVocabulary(dir, settings)
	case err != nil:
		return nil, fmt.Errorf("tokenizer: %w", err)
	}
	t, err := ParseJSON(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	if t.config.MaxLength == 0 {
		t.config.MaxLength = settings.maxLength()
	}
	return t, nil
}

// settingsFile is tokenizer_config.json. Special tokens are strings or objects with a content.
type settingsFile struct {
	LowerCase    *bool                `json:"do_lower_case"`
	StripAccents *bool                `json:"strip_accents"`
	ChineseChars *bool                `json:"tokenize_chinese_chars"`
	MaxLength    float64              `json:"model_max_length"` // 1e30 where there is no bound
	Unknown      jsonContent          `json:"unk_token"`
	CLS          jsonContent          `json:"cls_token"`
	SEP          jsonContent          `json:"sep_token"`
	PAD          jsonContent          `json:"pad_token"`
	MASK         jsonContent          `json:"mask_token"`
	Added        map[string]jsonFlags `json:"added_tokens_decoder"`
}

// jsonContent is a token, written as a string or as an object that describes it.
type jsonContent string

func (c *jsonContent) UnmarshalJSON(data []byte) error {
	if bytes.HasPrefix(data, []byte("{")) {
		var a jsonFlags
		err := json.Unmarshal(data, &a)
		*c = jsonContent(a.Content)
		return err
	}
	return json.Unmarshal(data, (*string)(c))
}

// maxBound is the greatest model_max_length that is meant as a bound.
const maxBound = 1e6

func (s *settingsFile) maxLength() int {
	if s.MaxLength < 1 || s.MaxLength > maxBound {
		return 0
	}
	return int(s.MaxLength)
}

// readSettings reads tokenizer_config.json; a folder without it has BERT's defaults.
func readSettings(dir string) (*settingsFile, error) {
	path := filepath.Join(dir, "tokenizer_config.json")
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return new(settingsFile), nil
	} else if err != nil {
		return nil, fmt.Errorf("tokenizer: %w", err)
	}
	s := new(settingsFile)
	if err := json.Unmarshal(data, s); err != nil {
		return nil, fmt.Errorf("tokenizer: %s: %w", path, err)
	}
	return s, nil
}

// loadVocabulary makes a tokenizer from vocab.txt, a token a line.
func loadVocabulary(dir string, s *settingsFile) (*Tokenizer, error) {
	data, err := os.ReadFile(filepath.Join(dir, "vocab.txt"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("tokenizer: %s has neither tokenizer.json nor vocab.txt: %w", dir, err)
	} else if err != nil {
		return nil, fmt.Errorf("tokenizer: %w", err)
	}
	c, err := s.config()
	if err != nil {
		return nil, fmt.Errorf("tokenizer: %s: tokenizer_config.json: %w", dir, err)
	}
	t, err := NewWordPiece(parseVocabulary(data), c)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	return t, nil
}

func parseVocabulary(data []byte) []string {
	text := strings.ReplaceAll(string(data), "\r\n", "\n")
	return strings.Split(strings.TrimSuffix(text, "\n"), "\n")
}

// config is what the settings say, with BERT's defaults where they are silent.
func (s *settingsFile) config() (Config, error) {
	c := Uncased()
	if s.LowerCase != nil {
		c.Lowercase, c.StripAccents = *s.LowerCase, *s.LowerCase
	}
	if s.StripAccents != nil {
		c.StripAccents = *s.StripAccents
	}
	if s.ChineseChars != nil {
		c.ChineseChars = *s.ChineseChars
	}
	c.MaxLength = s.maxLength()
	for _, o := range []struct {
		token *string
		name  jsonContent
	}{{&c.Unknown, s.Unknown}, {&c.Roles.CLS, s.CLS}, {&c.Roles.SEP, s.SEP}, {&c.Roles.PAD, s.PAD}, {&c.Roles.MASK, s.MASK}} {
		if o.name != "" {
			*o.token = string(o.name)
		}
	}
	for _, list := range [][]Piece{c.Single, c.Pair} {
		for i := range list {
			switch list[i].Special {
			case "[CLS]":
				list[i].Special = c.Roles.CLS
			case "[SEP]":
				list[i].Special = c.Roles.SEP
			}
		}
	}
	var err error
	c.Added, err = s.added(c.Unknown, c.Roles)
	return c, err
}

// added lists the added tokens: the described ones, and the special ones that are not described.
func (s *settingsFile) added(unknown string, r Roles) ([]AddedToken, error) {
	var list []AddedToken
	for key, a := range s.Added {
		id, err := strconv.ParseInt(key, 10, 32)
		if err != nil || id < 0 {
			return nil, fmt.Errorf("added_tokens_decoder: %q is not an id", key)
		}
		list = append(list, a.token(int32(id)))
	}
	for _, name := range []string{r.PAD, unknown, r.CLS, r.SEP, r.MASK} {
		if !slices.ContainsFunc(list, func(a AddedToken) bool { return a.Content == name }) {
			list = append(list, AddedToken{Content: name, ID: -1, Special: true})
		}
	}
	return list, nil
}
