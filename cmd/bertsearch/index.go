package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"strings"
	"sync/atomic"

	"github.com/urfave/cli/v2"

	"github.com/bertsearch/bertsearch"
	"github.com/bertsearch/bertsearch/source"
)

func (p *program) indexCommand() *cli.Command {
	return &cli.Command{
		Name:      "index",
		Usage:     "put documents into a database",
		ArgsUsage: "PATH…",
		Description: `A PATH is a text, Markdown, HTML, JSON lines or CSV file, a folder of these, - for
JSON lines on standard input, or go:PATTERN for the documentation of Go packages
(go:std is the standard library, go:./... the module here). A JSON line is
{"id", "title", "text", "metadata": {…}}; any other key is a field.

Documents that have not changed are left alone, so the same command again does
only what is new; it also takes up again after an interrupt. With --sync,
documents that came from a PATH and are no longer there are removed.

   bertsearch index -db notes.db ~/notes docs.jsonl page.html
   bertsearch index -db notes.db --sync ~/notes
   bertsearch index -db go.db go:std
   my-export | bertsearch index -db notes.db --json -`,
		Flags: databaseFlags(append(newDatabaseFlags(),
			&cli.BoolFlag{Name: "sync", Usage: "remove the documents of each PATH that it no longer holds"},
			&cli.StringSliceFlag{Name: "ext", Usage: "of folders, read only files that end in `.EXT`; may be repeated"},
			&cli.BoolFlag{Name: "hidden", Usage: "read files and folders whose name begins with a dot, too"},
		)...),
		Action: p.index,
	}
}

func (p *program) index(c *cli.Context) error {
	paths := c.Args().Slice()
	if len(paths) == 0 {
		return usagef("index: no PATH: name files or folders, or - for standard input")
	}
	if c.Bool("sync") && !canSync(paths) {
		return usagef("index: --sync cannot tell what is gone from standard input: leave out - or --sync")
	}
	options := &source.Options{Extensions: extensions(c), Hidden: c.Bool("hidden"), Stdin: p.in}
	documents, err := source.Read(paths, options)
	if err != nil {
		return err
	}
	return p.ingest(c, func(db *bertsearch.DB, o *bertsearch.IndexOptions, g *progress) (ingested, error) {
		if g.shown() && canCount(paths) {
			ctx, stop := context.WithCancel(c.Context)
			defer stop()
			go countDocuments(ctx, paths, options, &g.total)
		}
		if !c.Bool("sync") {
			report, err := db.Index(c.Context, documents, o)
			return ingested{IndexReport: report}, err
		}
		return indexAndSync(c.Context, db, paths, documents, o)
	})
}

// extensions reads --ext, which may be given without the dot.
func extensions(c *cli.Context) []string {
	list := c.StringSlice("ext")
	for i := range list {
		list[i] = "." + strings.TrimPrefix(list[i], ".")
	}
	return list
}

func canSync(paths []string) bool {
	for _, path := range paths {
		if path == source.Stdin {
			return false
		}
	}
	return true
}

// canCount reports whether paths can be read twice, and cheaply.
func canCount(paths []string) bool {
	for _, path := range paths {
		info, err := os.Stat(path) // fails for "-" and Go patterns
		if err != nil || !info.IsDir() && !info.Mode().IsRegular() {
			return false
		}
	}
	return true
}

// countDocuments reads paths ahead of the work to learn how much there is, and
// sets total at the end. Reading costs next to nothing beside embedding.
func countDocuments(ctx context.Context, paths []string, o *source.Options, total *atomic.Int64) {
	documents, err := source.Read(paths, o)
	if err != nil {
		return // the work itself reports it
	}
	count := int64(0)
	for _, err := range documents {
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			count++
		}
	}
	total.Store(count)
}

// indexAndSync indexes documents and then removes those of the same origins
// that were not among them. A run that ended early removes nothing.
func indexAndSync(ctx context.Context, db *bertsearch.DB, paths []string,
	documents iter.Seq2[bertsearch.Document, error], o *bertsearch.IndexOptions) (ingested, error) {
	seen := map[string][]any{} // ids by origin
	var report ingested
	var err error
	if report.IndexReport, err = db.Index(ctx, recordIDs(documents, seen), o); err != nil {
		return report, err
	}
	if hidden := unreadable(report.Skipped); hidden != "" {
		return report, fmt.Errorf("sync: nothing was removed, for %s is there and cannot be read: its documents may not be gone", hidden)
	}
	for _, path := range paths {
		origin, err := source.Origin(path)
		if err != nil {
			return report, err
		}
		gone := bertsearch.And(bertsearch.Eq(source.OriginField, origin), bertsearch.Not(bertsearch.In("id", seen[origin]...)))
		removed, err := db.DeleteWhere(ctx, gone)
		report.Removed += removed
		if err != nil {
			return report, fmt.Errorf("sync %s: %w", path, err)
		}
	}
	return report, nil
}

// unreadable returns a skipped file or folder that exists but cannot be opened
// now, so that what it holds is not known; "" if there is none.
func unreadable(skipped []bertsearch.Skip) string {
	for _, skip := range skipped {
		f, err := os.Open(skip.Path)
		if err == nil {
			_ = f.Close()
		} else if !errors.Is(err, fs.ErrNotExist) {
			return skip.Path
		}
	}
	return ""
}

// recordIDs notes in seen which documents pass by.
func recordIDs(documents iter.Seq2[bertsearch.Document, error], seen map[string][]any) iter.Seq2[bertsearch.Document, error] {
	return func(yield func(bertsearch.Document, error) bool) {
		for d, err := range documents {
			if err == nil {
				origin, _ := d.Fields[source.OriginField].(string)
				seen[origin] = append(seen[origin], d.ID)
			}
			if !yield(d, err) {
				return
			}
		}
	}
}
