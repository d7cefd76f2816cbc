package main

import (
	"cmp"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/urfave/cli/v2"

	"github.com/bertsearch/bertsearch/align"
	"github.com/bertsearch/bertsearch/embed"
)

// alignThreshold separates partners from strangers best on Tatoeba where half of the sentences have no partner:
// F1 is .96 for German, .91 for French and .88 for Russian with multilingual-e5-small.
const alignThreshold = 1.02

func (p *program) alignCommand() *cli.Command {
	return &cli.Command{
		Name:      "align",
		Usage:     "pair the sentences of two texts that say the same",
		ArgsUsage: "A B",
		Description: `Each line of the files A and B is a sentence; with --sentences the text is
cut into sentences. Pairs come in the order of A. Give a model that knows both
languages.

   bertsearch align --model multilingual-e5-small german.txt english.txt
   bertsearch align --json --sentences --threshold 1.04 A.md B.md`,
		Flags: []cli.Flag{
			modelFlag(), jsonFlag(), precisionFlag(),
			&cli.BoolFlag{Name: "sentences", Usage: "cut the files into sentences, not lines"},
			&cli.IntFlag{Name: "neighbours", Value: align.DefaultNeighbours, Usage: "compare with `K` neighbours of each sentence"},
			&cli.Float64Flag{Name: "threshold", Value: alignThreshold, Usage: "leave out pairs with a score below `S`; 0 keeps all"},
		},
		Action: p.align,
	}
}

// alignedJSON is one line of align's output.
type alignedJSON struct {
	Score      float32      `json:"score"`
	Similarity float32      `json:"similarity"`
	A          alignedPlace `json:"a"`
	B          alignedPlace `json:"b"`
}

// alignedPlace is a sentence and its bytes in the file.
type alignedPlace struct {
	Text  string `json:"text"`
	Start int    `json:"start"`
	End   int    `json:"end"`
}

func (p *program) align(c *cli.Context) error {
	if c.NArg() != 2 {
		return usagef("align: want two files, have %d", c.NArg())
	}
	if c.Int("neighbours") < 1 {
		return usagef("align: --neighbours is %d: want 1 or more", c.Int("neighbours"))
	}
	precision, err := parsePrecision(c.String("precision"))
	if err != nil {
		return err
	}
	model, err := openSettled(c, &embed.Options{Precision: precision})
	if err != nil {
		return err
	}
	var sides [2][]alignedPlace
	var vectors [2][][]float32
	for i := range sides {
		if sides[i], err = readSentences(c.Args().Get(i), c.Bool("sentences")); err != nil {
			return err
		}
		texts := make([]string, len(sides[i]))
		for j, s := range sides[i] {
			texts[j] = s.Text
		}
		if vectors[i], err = model.Embed(c.Context, embed.Query, texts); err != nil {
			return err
		}
	}
	pairs := align.Mine(vectors[0], vectors[1], &align.Options{Neighbours: c.Int("neighbours"), Threshold: float32(c.Float64("threshold"))})
	slices.SortFunc(pairs, func(a, b align.Pair) int { return cmp.Compare(a.Left, b.Left) })
	return p.printAligned(c, sides, pairs)
}

// readSentences reads the sentences of a file, which stands for itself where it is a line each.
func readSentences(path string, cut bool) ([]alignedPlace, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	text := string(data)
	var spans []embed.Span
	if cut {
		spans = embed.Sentences(text)
	} else {
		at := 0
		for line := range strings.Lines(text) {
			spans = append(spans, embed.Span{Start: at, End: at + len(strings.TrimRight(line, "\r\n"))})
			at += len(line)
		}
	}
	var out []alignedPlace
	for _, s := range spans {
		if part := text[s.Start:s.End]; strings.TrimSpace(part) != "" && utf8.ValidString(part) {
			out = append(out, alignedPlace{part, s.Start, s.End})
		}
	}
	return out, nil
}

func (p *program) printAligned(c *cli.Context, sides [2][]alignedPlace, pairs []align.Pair) error {
	oneLine := strings.NewReplacer("\n", " ", "\r", " ", "\t", " ")
	for _, x := range pairs {
		a, b := sides[0][x.Left], sides[1][x.Right]
		if !c.Bool("json") {
			p.printf("%.3f\t%s\t%s\n", x.Score, oneLine.Replace(a.Text), oneLine.Replace(b.Text))
			continue
		}
		if err := p.printJSON(alignedJSON{x.Score, x.Similarity, a, b}); err != nil {
			return err
		}
	}
	if len(pairs) == 0 {
		p.note("no pair scores %g or more", c.Float64("threshold"))
		return errNothing
	}
	return nil
}
