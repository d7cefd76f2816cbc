package bertsearch_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"go.etcd.io/bbolt"

	"github.com/bertsearch/bertsearch"
)

// The example of the README.
func Example() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "bertsearch-example-*")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()

	db, err := bertsearch.Open(filepath.Join(dir, "notes.db"), nil)
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = db.Close() }()

	err = db.Put(ctx,
		bertsearch.Document{ID: "1", Title: "Keys", Text: "Rotate the signing keys every ninety days.",
			Fields: map[string]any{"lang": "en", "year": 2021}},
		bertsearch.Document{ID: "2", Title: "Bread", Text: "How to bake sourdough bread at home."})
	if err != nil {
		log.Fatal(err)
	}

	hits, err := db.Search(ctx, bertsearch.Query{
		Text:   "change cryptographic secrets regularly",
		K:      5,
		Filter: bertsearch.Eq("lang", "en"),
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, h := range hits {
		fmt.Println(h.Rank, h.ID, h.Title)
	}
	// Output: 1 1 Keys
}

// A program that has a bbolt database adds search to it.
func ExampleAttach() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "bertsearch-example-*")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	host, err := bbolt.Open(filepath.Join(dir, "app.bolt"), 0o600, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = host.Close() }()

	db, err := bertsearch.Attach(host, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if err := db.Put(ctx, bertsearch.Document{ID: "n1", Text: "The invoice is due at the end of the month."}); err != nil {
		log.Fatal(err)
	}
	hits, err := db.Search(ctx, bertsearch.Query{Text: "when do I have to pay?"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(hits[0].ID)
	// Output: n1
}

func ExampleParseFilter() {
	f, err := bertsearch.ParseFilter(`lang = "en" and (year >= 2020 or exists draft)`)
	fmt.Println(f, err)
	_, err = bertsearch.ParseFilter(`lang = = "en"`)
	fmt.Println(err)
	// Output:
	// lang = "en" and (year >= 2020 or exists draft) <nil>
	// filter: column 8: expected a value: a text in quotes, a number, true, false or null, found =
}

// What people click is remembered, and Tune learns from it.
func ExampleDB_Feedback() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "bertsearch-example-*")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	db, err := bertsearch.Open(filepath.Join(dir, "notes.db"), nil)
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if err := db.Put(ctx, bertsearch.Document{ID: "1", Text: "Rotate the signing keys every ninety days."}); err != nil {
		log.Fatal(err)
	}
	if err := db.Feedback(ctx, "how old may secrets be", "1", +1); err != nil {
		log.Fatal(err)
	}
	judged, err := db.Judgements(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(judged)
	// Output: [{how old may secrets be 1 1}]
}
