package tokenizer

import (
	"encoding/json"
	"errors"
	"fmt"
)

// jsonTemplate is the post_processor of tokenizer.json: TemplateProcessing, or the fixed BertProcessing and
// RobertaProcessing, whose trim_offsets is not read: tokens keep the white space that their offsets cover.
type jsonTemplate struct {
	Type          string                 `json:"type"`
	Single        []jsonPiece            `json:"single,omitempty"`
	Pair          []jsonPiece            `json:"pair,omitempty"`
	SpecialTokens map[string]jsonSpecial `json:"special_tokens,omitempty"`
	Sep           *jsonNamed             `json:"sep,omitempty"`
	Cls           *jsonNamed             `json:"cls,omitempty"`
}

// jsonPiece holds one of the two.
type jsonPiece struct {
	SpecialToken *jsonTyped `json:"SpecialToken,omitempty"`
	Sequence     *jsonTyped `json:"Sequence,omitempty"`
}

type jsonTyped struct {
	ID     string `json:"id"`
	TypeID uint8  `json:"type_id"`
}

// jsonSpecial is a special token of a template, which may stand for several ids.
type jsonSpecial struct {
	ID     string   `json:"id"`
	IDs    []int32  `json:"ids"`
	Tokens []string `json:"tokens"`
}

// jsonNamed is a token and its id, written as an array of the two.
type jsonNamed struct {
	token string
	id    int32
}

func (n *jsonNamed) UnmarshalJSON(data []byte) error {
	var parts []json.RawMessage
	if err := json.Unmarshal(data, &parts); err != nil {
		return err
	}
	if len(parts) != 2 {
		return fmt.Errorf("post_processor: a token and an id expected, not %s", data)
	}
	return errors.Join(json.Unmarshal(parts[0], &n.token), json.Unmarshal(parts[1], &n.id))
}

func (n *jsonNamed) piece(kind uint8) Piece {
	return Piece{Special: n.token, Sequence: -1, Type: kind, IDs: []int32{n.id}}
}

// fill sets the templates of c.
func (p *jsonTemplate) fill(c *Config) error {
	switch p.Type {
	case "BertProcessing", "RobertaProcessing":
		if p.Cls == nil || p.Sep == nil {
			return fmt.Errorf("post_processor %s lacks cls or sep", p.Type)
		}
		if p.Cls.token == p.Sep.token && p.Cls.id != p.Sep.id {
			return fmt.Errorf("post_processor %s gives %q two ids", p.Type, p.Cls.token)
		}
		c.Single = []Piece{p.Cls.piece(0), {Sequence: 0}, p.Sep.piece(0)}
		if p.Type == "RobertaProcessing" { // which has one token type and two separators
			c.Pair = append(c.Single[:3:3], p.Sep.piece(0), Piece{Sequence: 1}, p.Sep.piece(0))
		} else {
			c.Pair = append(c.Single[:3:3], Piece{Sequence: 1, Type: 1}, p.Sep.piece(1))
		}
	case "TemplateProcessing":
		var err error
		if c.Single, err = p.pieces(p.Single); err != nil {
			return err
		}
		if c.Pair, err = p.pieces(p.Pair); err != nil {
			return err
		}
	default:
		return fmt.Errorf("post_processor %q is not supported, only TemplateProcessing, BertProcessing and RobertaProcessing", p.Type)
	}
	return nil
}

func (p *jsonTemplate) pieces(list []jsonPiece) ([]Piece, error) {
	var out []Piece
	for _, j := range list {
		switch {
		case j.SpecialToken != nil:
			s, ok := p.SpecialTokens[j.SpecialToken.ID]
			if !ok || len(s.IDs) == 0 {
				return nil, fmt.Errorf("post_processor names the special token %q but gives no id", j.SpecialToken.ID)
			}
			out = append(out, Piece{Special: j.SpecialToken.ID, Sequence: -1, Type: j.SpecialToken.TypeID, IDs: s.IDs})
		case j.Sequence != nil && j.Sequence.ID == "A":
			out = append(out, Piece{Sequence: 0, Type: j.Sequence.TypeID})
		case j.Sequence != nil && j.Sequence.ID == "B":
			out = append(out, Piece{Sequence: 1, Type: j.Sequence.TypeID})
		default:
			return nil, fmt.Errorf("post_processor has a piece that is neither a special token nor sequence A or B")
		}
	}
	return out, nil
}
