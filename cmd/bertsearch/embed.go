package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/urfave/cli/v2"

	"github.com/bertsearch/bertsearch/embed"
)

// embedBatch bounds how many lines are embedded together, and so the memory.
const embedBatch = 512

func (p *program) embedCommand() *cli.Command {
	return &cli.Command{
		Name:      "embed",
		Usage:     "turn texts into vectors",
		ArgsUsage: "[TEXT…]",
		Description: `Reads one JSON object {"text": …} a line from standard input and writes
{"text", "vector"} in the same order, or embeds its arguments. Vectors have
length 1, so a dot product is the cosine similarity.

   bertsearch embed "rotate the keys"
   bertsearch embed --kind query < questions.jsonl > vectors.jsonl`,
		Flags: []cli.Flag{
			modelFlag(), jsonFlag(), precisionFlag(),
			&cli.StringFlag{Name: "kind", Value: embed.Passage.String(), Usage: "embed texts as `KIND`: passage (stored) or query"},
		},
		Action: p.embed,
	}
}

// embedding is one line of embed's output.
type embedding struct {
	Text   string    `json:"text"`
	Vector []float32 `json:"vector"`
}

func (p *program) embed(c *cli.Context) error {
	kind, err := parseKind(c.String("kind"))
	if err != nil {
		return err
	}
	precision, err := parsePrecision(c.String("precision"))
	if err != nil {
		return err
	}
	model, err := openSettled(c, &embed.Options{Precision: precision})
	if err != nil {
		return err
	}
	if c.Args().Present() {
		return p.embedTexts(c, model, kind, c.Args().Slice())
	}
	return p.embedLines(c, model, kind)
}

func parseKind(name string) (embed.Kind, error) {
	for _, kind := range []embed.Kind{embed.Passage, embed.Query} {
		if name == kind.String() {
			return kind, nil
		}
	}
	return 0, usagef("embed: --kind is %q: want passage or query", name)
}

// embedLines reads as many lines as are there, embeds them together, and goes
// on until the input ends.
func (p *program) embedLines(c *cli.Context, model *embed.BERT, kind embed.Kind) error {
	lines := newLineReader(p.in)
	var texts []string
	for {
		line, err := lines.next(c.Context)
		if errors.Is(err, io.EOF) {
			return p.embedTexts(c, model, kind, texts)
		}
		if err != nil {
			return err
		}
		text, err := parseText(line)
		if err != nil {
			return lines.where(err)
		}
		if texts = append(texts, text); len(texts) < embedBatch && !lines.waiting() {
			continue
		}
		if err := p.embedTexts(c, model, kind, texts); err != nil {
			return err
		}
		texts = texts[:0]
	}
}

// parseText reads {"text": …}.
func parseText(line []byte) (string, error) {
	var object struct {
		Text *string `json:"text"`
	}
	if err := json.Unmarshal(line, &object); err != nil {
		return "", fmt.Errorf("want a JSON object with \"text\": %w", err)
	}
	if object.Text == nil {
		return "", errors.New("want a JSON object with \"text\"")
	}
	return *object.Text, nil
}

func (p *program) embedTexts(c *cli.Context, model *embed.BERT, kind embed.Kind, texts []string) error {
	vectors, err := model.Embed(c.Context, kind, texts)
	if err != nil {
		return err
	}
	for i, vector := range vectors {
		if err := p.printJSON(embedding{texts[i], vector}); err != nil {
			return err
		}
	}
	return p.out.Flush()
}
