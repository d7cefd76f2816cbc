package main

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/bertsearch/bertsearch/cmd/bertsearch/internal/terminal"
	"github.com/bertsearch/bertsearch/embed"
	"github.com/bertsearch/bertsearch/model/minilm"
)

func (p *program) modelCommand() *cli.Command {
	return &cli.Command{
		Name:  "model",
		Usage: "show, verify or export the model; list and choose a database's",
		Description: `The built-in model, or the folder that --model or BERTSEARCH_MODEL names; with
-db, the model that the database goes by, which tune may have made.

   bertsearch model list -db notes.db
   bertsearch model use -db notes.db base
   bertsearch model show
   bertsearch model show --model ./e5-small
   bertsearch model export ./minilm`,
		Action: p.chooseSubcommand,
		Subcommands: []*cli.Command{
			{
				Name: "show", Usage: "describe the model",
				Description: `   bertsearch model show --json`,
				Flags:       databaseFlags(), Action: p.showModel,
			},
			{
				Name: "verify", Usage: "read all of the built-in model and compare its checksums",
				Description: `   bertsearch model verify`,
				Flags:       []cli.Flag{jsonFlag()}, Action: p.verifyModel,
			},
			{
				Name: "export", Usage: "write the model as a folder that Sentence-Transformers loads", ArgsUsage: "DIR",
				Description: `With --int8 the weights are stored in bytes, a quarter of the size, in the layout
of compressed-tensors: "--model DIR --precision int8" multiplies those bytes, f32
the numbers that they stand for.

   bertsearch model export ./minilm
   bertsearch model export --model ./small --int8 ./small8`,
				Flags: databaseFlags(&cli.BoolFlag{Name: "int8", Usage: "store weights in bytes"}), Action: p.exportModel,
			},
			{
				Name: "list", Usage: "list the models that a database can go by",
				Description: `   bertsearch model list -db notes.db`,
				Flags:       databaseFlags(), Action: p.listModels,
			},
			{
				Name: "use", Usage: "let a database go by another of its models", ArgsUsage: "ID",
				Description: `ID is one of "model list"; "base" is the model that the database was made with.

   bertsearch model use -db notes.db base`,
				Flags: databaseFlags(), Action: p.useModel,
			},
		},
	}
}

// modelJSON is what there is to know about a model.
type modelJSON struct {
	Name         string   `json:"name"`
	Fingerprint  string   `json:"fingerprint"`
	Dimension    int      `json:"dimension"`
	Precision    string   `json:"precision"`
	MaxTokens    int      `json:"max_tokens"`
	Layers       int      `json:"layers"`
	Hidden       int      `json:"hidden"`
	Heads        int      `json:"heads"`
	Vocabulary   int      `json:"vocabulary"`
	Parameters   int      `json:"parameters"`
	Pooling      []string `json:"pooling"`
	QueryPrompt  string   `json:"query_prompt"`
	StoredPrompt string   `json:"passage_prompt"`
}

func newModelJSON(b *embed.BERT) modelJSON {
	s := b.Model()
	config := s.Encoder.Config
	out := modelJSON{
		Name: b.Name(), Fingerprint: b.Fingerprint(), Dimension: b.Dimension(),
		Precision: string(b.Precision()), MaxTokens: b.MaxTokens(),
		Layers: config.HiddenLayers, Hidden: config.HiddenSize, Heads: config.AttentionHeads,
		Vocabulary: config.VocabSize, Parameters: s.Encoder.Parameters(),
		QueryPrompt: s.Prompts.Query(), StoredPrompt: s.Prompts.Passage(),
	}
	for _, mode := range s.Pooling.Modes {
		out.Pooling = append(out.Pooling, string(mode))
	}
	return out
}

func (p *program) showModel(c *cli.Context) error {
	if err := noArguments(c); err != nil {
		return err
	}
	b, err := p.chosenModel(c)
	if err != nil {
		return err
	}
	m := newModelJSON(b)
	if c.Bool("json") {
		return p.printJSON(m)
	}
	return p.printPairs(
		"name", m.Name,
		"fingerprint", m.Fingerprint,
		"dimension", fmt.Sprint(m.Dimension),
		"precision", m.Precision,
		"length", fmt.Sprintf("%d tokens", m.MaxTokens),
		"encoder", fmt.Sprintf("%d layers, %d wide, %d heads", m.Layers, m.Hidden, m.Heads),
		"vocabulary", terminal.Count(m.Vocabulary),
		"parameters", terminal.Count(m.Parameters),
		"pooling", strings.Join(m.Pooling, " + "),
		"prompts", fmt.Sprintf("query %q, passage %q", m.QueryPrompt, m.StoredPrompt),
	)
}

func (p *program) verifyModel(c *cli.Context) error {
	if err := noArguments(c); err != nil {
		return err
	}
	if err := minilm.Verify(); err != nil {
		return err
	}
	if c.Bool("json") {
		return p.printJSON(map[string]bool{"ok": true})
	}
	p.printf("%s\n", p.outScreen.Paint(terminal.Green, "ok"))
	return nil
}

func (p *program) exportModel(c *cli.Context) error {
	if c.NArg() != 1 {
		return usagef("model export: want one DIR to write to")
	}
	dir := c.Args().First()
	b, err := p.chosenModel(c)
	if err == nil {
		err = p.saveModel(c, b, dir)
	}
	if err != nil {
		return err
	}
	if c.Bool("json") {
		return p.printJSON(map[string]string{"name": b.Name(), "path": dir})
	}
	p.printf("%s written to %s\n", b.Name(), dir)
	return nil
}
