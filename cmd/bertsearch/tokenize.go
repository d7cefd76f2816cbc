package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/bertsearch/bertsearch/cmd/bertsearch/internal/terminal"
	"github.com/bertsearch/bertsearch/tokenizer"
)

func (p *program) tokenizeCommand() *cli.Command {
	return &cli.Command{
		Name:      "tokenize",
		Usage:     "show the tokens of texts",
		ArgsUsage: "[TEXT…]",
		Description: `Shows the tokens of its arguments, or reads one JSON object {"text", "pair"?,
"max"?} a line from standard input and writes {"ids", "types", "offsets"}.
Offsets are byte ranges of the text, or of the pair; [0,0] for special tokens.

   bertsearch tokenize "how do I rotate the keys"
   bertsearch tokenize --vocab vocab.txt --cased --json < texts.jsonl`,
		Flags: []cli.Flag{
			modelFlag(), jsonFlag(),
			&cli.StringFlag{Name: "vocab", Usage: "the vocabulary `FILE` of a BERT model, one token a line, in place of a model"},
			&cli.BoolFlag{Name: "cased", Usage: "with --vocab: keep upper case and accents"},
		},
		Action: p.tokenize,
	}
}

func (p *program) tokenize(c *cli.Context) error {
	t, err := openTokenizer(c)
	if err != nil {
		return err
	}
	if !c.Args().Present() {
		return p.tokenizeLines(c, t)
	}
	var e tokenizer.Encoding
	for _, text := range c.Args().Slice() {
		t.Encode(&e, text, 0)
		if err := p.printTokens(c, t, &e, text); err != nil {
			return err
		}
	}
	return nil
}

// openTokenizer reads the vocabulary of --vocab, or the tokenizer of the model.
func openTokenizer(c *cli.Context) (*tokenizer.Tokenizer, error) {
	path := c.String("vocab")
	if path == "" {
		if c.Bool("cased") {
			return nil, usagef("tokenize: --cased needs --vocab; a model knows its own case")
		}
		return modelTokenizer(c)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	tokens := strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
	for i := range tokens {
		tokens[i] = strings.TrimSuffix(tokens[i], "\r")
	}
	config := tokenizer.Uncased()
	if c.Bool("cased") {
		config = tokenizer.Cased()
	}
	t, err := tokenizer.NewWordPiece(tokens, config)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return t, nil
}

// modelTokenizer reads only the tokenizer of a model folder.
func modelTokenizer(c *cli.Context) (*tokenizer.Tokenizer, error) {
	if dir := c.String("model"); dir != "" {
		return tokenizer.Load(dir)
	}
	model, err := openModel(c, nil)
	if err != nil {
		return nil, err
	}
	return model.Tokenizer(), nil
}

// tokenizeRequest is one line of input.
type tokenizeRequest struct {
	Text string  `json:"text"`
	Pair *string `json:"pair"`
	Max  int     `json:"max"` // tokens; 0 for no truncation
}

// tokensJSON is one line of output.
type tokensJSON struct {
	IDs     []int32  `json:"ids"`
	Types   []int    `json:"types"` // int, for bytes would become base64
	Offsets [][2]int `json:"offsets"`
}

func newTokensJSON(e *tokenizer.Encoding) tokensJSON {
	out := tokensJSON{IDs: e.IDs, Types: make([]int, e.Len()), Offsets: make([][2]int, e.Len())}
	for i := range e.Len() {
		out.Types[i] = int(e.Types[i])
		out.Offsets[i] = [2]int{e.Offsets[i].Start, e.Offsets[i].End}
	}
	return out
}

func (p *program) tokenizeLines(c *cli.Context, t *tokenizer.Tokenizer) error {
	lines := newLineReader(p.in)
	var e tokenizer.Encoding
	for {
		line, err := lines.next(c.Context)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		var request tokenizeRequest
		if err := json.Unmarshal(line, &request); err != nil {
			return lines.where(err)
		}
		if request.Pair != nil {
			t.EncodePair(&e, request.Text, *request.Pair, request.Max)
		} else {
			t.Encode(&e, request.Text, request.Max)
		}
		if err := p.printJSON(newTokensJSON(&e)); err != nil {
			return err
		}
		if lines.waiting() {
			if err := p.out.Flush(); err != nil {
				return err
			}
		}
	}
}

// printTokens writes the tokens of one argument: as JSON, or a row a token with
// its id and the bytes that it came from.
func (p *program) printTokens(c *cli.Context, t *tokenizer.Tokenizer, e *tokenizer.Encoding, text string) error {
	if c.Bool("json") {
		return p.printJSON(newTokensJSON(e))
	}
	table := terminal.Table{Right: []bool{true, false, true}}
	for i, id := range e.IDs {
		span := e.Offsets[i]
		table.Add(terminal.Cell{Text: fmt.Sprint(id), Style: terminal.Faint},
			terminal.Cell{Text: t.Token(id), Style: terminal.Bold},
			terminal.Cell{Text: fmt.Sprintf("%d–%d", span.Start, span.End), Style: terminal.Faint},
			terminal.Cell{Text: terminal.Clean(text[span.Start:span.End])})
	}
	return table.Print(p.out, p.outScreen)
}
