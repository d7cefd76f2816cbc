package main

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/bertsearch/bertsearch/embed"
)

// precisions are the values of --precision.
var precisions = []string{string(embed.Auto), string(embed.F32), string(embed.Int8)}

func precisionFlag() cli.Flag { return precisionDefault(embed.Auto) }

// exactPrecisionFlag is for figures that others compare: rounding to int8 moves
// nDCG@10 in the third decimal place.
func exactPrecisionFlag() cli.Flag { return precisionDefault(embed.F32) }

func precisionDefault(p embed.Precision) cli.Flag {
	return &cli.StringFlag{Name: "precision", Value: string(p),
		Usage: "arithmetic `P` of the encoder: " + strings.Join(precisions, ", ")}
}

// parsePrecision reads one value of --precision.
func parsePrecision(name string) (embed.Precision, error) {
	if !slices.Contains(precisions, name) {
		return "", usagef("--precision is %q: want %s", name, strings.Join(precisions, ", "))
	}
	return embed.Precision(name), nil
}

// openSettled opens a model, and tests whether it can be used in int8 where the
// precision is left to auto.
func openSettled(c *cli.Context, o *embed.Options) (*embed.BERT, error) {
	model, err := openModel(c, o)
	if err != nil {
		return nil, err
	}
	return model.Settle(c.Context)
}
