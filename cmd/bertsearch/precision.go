package main

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/bertsearch/bertsearch/embed"
)

// precisions are the values of --precision.
var precisions = []string{string(embed.Auto), string(embed.F32), string(embed.Int8)}

func precisionFlag() cli.Flag {
	return &cli.StringFlag{Name: "precision", Value: string(embed.Auto),
		Usage: "arithmetic `P` of the encoder: " + strings.Join(precisions, ", ")}
}

// parsePrecision reads one value of --precision.
func parsePrecision(name string) (embed.Precision, error) {
	if !slices.Contains(precisions, name) {
		return "", usagef("--precision is %q: want %s", name, strings.Join(precisions, ", "))
	}
	return embed.Precision(name), nil
}
