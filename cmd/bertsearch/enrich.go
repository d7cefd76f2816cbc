package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/bertsearch/bertsearch"
	"github.com/bertsearch/bertsearch/embed"
	"github.com/bertsearch/bertsearch/task"
)

func (p *program) enrichCommand() *cli.Command {
	return &cli.Command{
		Name:  "enrich",
		Usage: "write labels and names that a model finds into the documents' fields",
		Description: `A model that classifies gives each document the field NAME, its label, and
NAME.probability. A model of names gives NAME.LABEL, the names found, and
NAME.spans, each with its bytes. Filters and facets know these fields.

   bertsearch enrich -db notes.db --head topics=./topics
   bertsearch enrich -db notes.db --head entities=./names
   bertsearch query -db notes.db invoice --filter 'topics = "billing"'
   bertsearch query -db notes.db invoice --facet entities.person
   bertsearch enrich -db notes.db
   bertsearch enrich -db notes.db --remove topics

Without --head, the heads that the database has had are run again, as index and
import do by themselves. Only documents that are new or changed are read, or all
if a model has changed; an interrupted run goes on where it stopped.`,
		Flags: databaseFlags(
			&cli.StringSliceFlag{Name: "head", Usage: "write what the model in the folder says, as `NAME=DIR`"},
			&cli.StringSliceFlag{Name: "remove", Usage: "remove what the head `NAME` wrote"},
			&cli.StringFlag{Name: "head-precision", Value: string(embed.Auto), Usage: "arithmetic `P` of the heads: " + strings.Join(precisions, ", ")},
			&cli.StringFlag{Name: "progress", Usage: "show progress as `FORM`: auto, json or none", Value: progressAuto},
		),
		Action: p.enrich,
	}
}

// keepHeads runs the database's heads on what index or import changed. A head
// whose folder is gone is no reason to fail: the documents are there.
func (p *program) keepHeads(c *cli.Context, db *bertsearch.DB) error {
	known, err := db.Heads()
	if err != nil {
		return err
	}
	for _, h := range known {
		head, err := openHead(c.Context, h.Folder, h.Fingerprint, embed.Auto)
		if err != nil {
			p.note("the field %s is not kept up to date: %v", h.Name, err)
			continue
		}
		if _, err := db.Enrich(c.Context, h.Name, head, &bertsearch.EnrichOptions{Folder: h.Folder}); err != nil {
			return err
		}
	}
	return nil
}

// openHead opens the model of a head, in the precision that it has been used in,
// or in the one that is wanted.
func openHead(ctx context.Context, folder, used string, wanted embed.Precision) (bertsearch.Head, error) {
	m, err := task.Load(folder)
	if err != nil {
		return nil, err
	}
	if known, ok := m.At(used); ok && wanted == embed.Auto {
		m = known
	} else if m, err = inPrecision(ctx, m, wanted); err != nil {
		return nil, err
	}
	return bertsearch.NewHead(m)
}

// chosenHead is a head on the command line, or one that the database knows.
type chosenHead struct {
	name, folder string
	used         string // fingerprint that the database knows
}

func (p *program) enrich(c *cli.Context) error {
	if err := noArguments(c); err != nil {
		return err
	}
	chosen, err := headFlags(c)
	if err != nil {
		return err
	}
	shown, err := p.newProgress(c, "documents")
	if err != nil {
		return err
	}
	db, err := openForChange(c, nil)
	if err != nil {
		return err
	}
	return errors.Join(p.enrichDatabase(c, db, chosen, shown), db.Close())
}

// headFlags reads --head.
func headFlags(c *cli.Context) ([]chosenHead, error) {
	var chosen []chosenHead
	for _, text := range c.StringSlice("head") {
		name, folder, ok := strings.Cut(text, "=")
		if !ok || name == "" || folder == "" {
			return nil, usagef("enrich: --head is %q: want NAME=DIR", text)
		}
		folder, err := filepath.Abs(folder)
		if err != nil {
			return nil, err
		}
		chosen = append(chosen, chosenHead{name: name, folder: folder})
	}
	return chosen, nil
}

// enrichDatabase removes and runs heads.
func (p *program) enrichDatabase(c *cli.Context, db *bertsearch.DB, chosen []chosenHead, shown *progress) error {
	for _, name := range c.StringSlice("remove") {
		removed, err := db.RemoveHead(c.Context, name)
		if err != nil {
			return err
		}
		if err := p.printRemoved(c, name, removed); err != nil {
			return err
		}
	}
	known, err := db.Heads()
	if err != nil {
		return err
	}
	for _, h := range known {
		if len(c.StringSlice("head")) == 0 && !c.IsSet("remove") {
			chosen = append(chosen, chosenHead{name: h.Name, folder: h.Folder})
		}
		for i := range chosen {
			if chosen[i].name == h.Name {
				chosen[i].used = h.Fingerprint
			}
		}
	}
	if len(chosen) == 0 && !c.IsSet("remove") {
		return usagef("enrich: the database has no heads yet: give --head NAME=DIR")
	}
	for _, h := range chosen {
		if err := p.runHead(c, db, h, shown); err != nil {
			return err
		}
	}
	return nil
}

func (p *program) printRemoved(c *cli.Context, name string, removed int) error {
	if c.Bool("json") {
		return p.printJSON(map[string]any{"name": name, "removed": removed})
	}
	p.printf("%s: removed from %s\n", name, plural(removed, "document"))
	return nil
}

// runHead lets one head read the documents.
func (p *program) runHead(c *cli.Context, db *bertsearch.DB, chosen chosenHead, shown *progress) error {
	precision, err := parsePrecision(c.String("head-precision"))
	if err != nil {
		return err
	}
	head, err := openHead(c.Context, chosen.folder, chosen.used, precision)
	if err != nil {
		return fmt.Errorf("head %s: %w", chosen.name, err)
	}
	report, err := db.Enrich(c.Context, chosen.name, head, &bertsearch.EnrichOptions{
		Folder: chosen.folder,
		Progress: func(done, total int) {
			shown.total.Store(int64(total))
			shown.update(bertsearch.Progress{Done: done, Acknowledged: done})
		},
	})
	shown.end()
	if err != nil {
		return err
	}
	if c.Bool("json") {
		return p.printJSON(report)
	}
	p.printf("%s: %s written, %d had it, %.1f s\n", chosen.name, plural(report.Written, "document"), report.Kept, report.Seconds)
	return nil
}
