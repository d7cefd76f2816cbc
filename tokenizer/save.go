package tokenizer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Save writes tokenizer.json, tokenizer_config.json, special_tokens_map.json and, for WordPiece, vocab.txt to dir,
// which Hugging Face's libraries load. The folder is made if need be; each file is replaced whole.
func (t *Tokenizer) Save(dir string) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return fmt.Errorf("tokenizer: save: %w", err)
	}
	full, err := t.MarshalJSON()
	if err != nil {
		return fmt.Errorf("tokenizer: save: %w", err)
	}
	settings, err := json.MarshalIndent(t.settings(), "", "  ")
	if err != nil {
		return fmt.Errorf("tokenizer: save: %w", err)
	}
	special, err := json.MarshalIndent(t.specials(), "", "  ")
	if err != nil {
		return fmt.Errorf("tokenizer: save: %w", err)
	}
	var list strings.Builder
	for id := range t.vocab.size() {
		list.WriteString(t.vocab.at(int32(id)) + "\n")
	}
	type file struct {
		name string
		data []byte
	}
	files := []file{
		{"tokenizer_config.json", append(settings, '\n')},
		{"special_tokens_map.json", append(special, '\n')},
		{"tokenizer.json", full},
	}
	if t.config.Unigram == nil {
		files = append(files, file{"vocab.txt", []byte(list.String())})
	}
	for _, f := range files {
		if err := replaceFile(filepath.Join(dir, f.name), f.data); err != nil {
			return fmt.Errorf("tokenizer: save: %w", err)
		}
	}
	return nil
}

// replaceFile writes a file beside path and renames it, so that no half-written one is ever found there.
func replaceFile(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if closing := f.Close(); err == nil {
		err = closing
	}
	if err == nil {
		err = os.Chmod(f.Name(), 0o644)
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name()) // the first error is the one to tell
	}
	return err
}

// specials names the special tokens by their task, as special_tokens_map.json does.
func (t *Tokenizer) specials() map[string]string {
	m := map[string]string{"unk_token": t.config.Unknown}
	r := t.config.Roles
	for name, token := range map[string]string{"cls_token": r.CLS, "sep_token": r.SEP, "pad_token": r.PAD, "mask_token": r.MASK} {
		if token != "" {
			m[name] = token
		}
	}
	return m
}

// settings is tokenizer_config.json.
func (t *Tokenizer) settings() map[string]any {
	c := &t.config
	m := map[string]any{"tokenizer_class": "PreTrainedTokenizerFast"}
	if c.Unigram == nil {
		m["tokenizer_class"] = "BertTokenizer"
		m["do_lower_case"], m["strip_accents"], m["tokenize_chinese_chars"] = c.Lowercase, c.StripAccents, c.ChineseChars
	}
	for name, token := range t.specials() {
		m[name] = token
	}
	if c.MaxLength > 0 {
		m["model_max_length"] = c.MaxLength
	}
	added := map[string]jsonFlags{}
	for _, a := range c.Added {
		added[fmt.Sprint(a.ID)] = describe(a)
	}
	m["added_tokens_decoder"] = added
	return m
}

// MarshalJSON writes the tokenizer as a tokenizer.json.
func (t *Tokenizer) MarshalJSON() ([]byte, error) {
	c := &t.config
	f := jsonFile{Version: "1.0", PostProcessor: t.template(), AddedTokens: []jsonAdded{}}
	if c.MaxLength > 0 {
		f.Truncation = &jsonTruncation{"Right", c.MaxLength, "LongestFirst", 0}
	}
	for _, a := range c.Added {
		f.AddedTokens = append(f.AddedTokens, jsonAdded{a.ID, describe(a)})
	}
	var err error
	if u, ok := t.model.(*unigram); ok {
		err = t.writeUnigram(&f, u)
	} else {
		err = t.writeWordPiece(&f)
	}
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err = e.Encode(f)
	return b.Bytes(), err
}

// writeWordPiece fills in what belongs to a WordPiece tokenizer.
func (t *Tokenizer) writeWordPiece(f *jsonFile) error {
	c := &t.config
	vocab, err := t.ids()
	if err != nil {
		return err
	}
	f.Model = jsonModel{Type: "WordPiece", Unknown: c.Unknown, Prefix: &c.Prefix, MaxWord: &c.MaxWordChars, Vocab: vocab}
	return f.writeParts(
		jsonBertNormalizer{"BertNormalizer", c.CleanText, c.ChineseChars, &c.StripAccents, c.Lowercase},
		jsonKind{"BertPreTokenizer"}, jsonDecoder{"WordPiece", c.Prefix, true})
}

// writeUnigram fills in what belongs to a Unigram tokenizer.
func (t *Tokenizer) writeUnigram(f *jsonFile, u *unigram) error {
	vocab, err := t.scores(u.scores)
	if err != nil {
		return err
	}
	id := int(u.unknown)
	f.Model = jsonModel{Type: "Unigram", UnknownID: &id, Vocab: vocab, ByteFallback: &u.settings.ByteFallback}
	return f.writeParts(describeSteps(u.settings.Steps), u.settings.describe(),
		jsonPreTokenizer{Type: "Metaspace", Replacement: u.settings.Mark, Prepend: u.settings.Prepend})
}

// writeParts writes the parts whose form depends on the model.
func (f *jsonFile) writeParts(normalizer, preTokenizer, decoder any) error {
	var err error
	for _, p := range []struct {
		to   *json.RawMessage
		from any
	}{{&f.Normalizer, normalizer}, {&f.PreTokenizer, preTokenizer}, {&f.Decoder, decoder}} {
		if *p.to, err = json.Marshal(p.from); err != nil {
			return err
		}
	}
	return nil
}

// ids writes the vocabulary as an object from token to id, in the order of ids.
func (t *Tokenizer) ids() (json.RawMessage, error) {
	out := []byte{'{'}
	for id := range t.vocab.size() {
		s := t.vocab.at(int32(id))
		if s == "" {
			continue
		}
		quoted, err := json.Marshal(s)
		if err != nil {
			return nil, err
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(append(out, quoted...), ':')
		out = strconv.AppendInt(out, int64(id), 10)
	}
	return append(out, '}'), nil
}

// template writes the templates as a post_processor.
func (t *Tokenizer) template() *jsonTemplate {
	p := &jsonTemplate{Type: "TemplateProcessing", SpecialTokens: map[string]jsonSpecial{}}
	list := func(pieces []Piece) []jsonPiece {
		var out []jsonPiece
		for _, x := range pieces {
			if x.Sequence >= 0 {
				out = append(out, jsonPiece{Sequence: &jsonTyped{[]string{"A", "B"}[x.Sequence], x.Type}})
				continue
			}
			s := jsonSpecial{ID: x.Special, IDs: x.IDs}
			for _, id := range x.IDs {
				s.Tokens = append(s.Tokens, t.Token(id))
			}
			p.SpecialTokens[x.Special] = s
			out = append(out, jsonPiece{SpecialToken: &jsonTyped{x.Special, x.Type}})
		}
		return out
	}
	p.Single, p.Pair = list(t.config.Single), list(t.config.Pair)
	return p
}
