package bertsearch

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/bertsearch/bertsearch/task"
)

// lengthJudge finds longer passages more relevant. After so many passages it
// takes until ctx ends.
type lengthJudge struct{ slowFrom int }

func (j *lengthJudge) Relevance(ctx context.Context, _ string, passages ...string) ([]float32, error) {
	n := len(strings.Fields(passages[0]))
	if j.slowFrom > 0 && n <= j.slowFrom {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return []float32{float32(n)}, nil
}

// fillLengths puts documents of 1 to 9 words that all have "key" in them.
func fillLengths(t *testing.T, db *DB) {
	t.Helper()
	for n := 1; n <= 9; n++ {
		if err := db.Put(context.Background(), Document{ID: fmt.Sprint(n), Text: "key" + strings.Repeat(" x", n-1)}); err != nil {
			t.Fatal(err)
		}
	}
}

func ids(hits []Hit) (list []string) {
	for i, h := range hits {
		if i > 0 && h.Rank != hits[i-1].Rank+1 {
			list = append(list, "!")
		}
		list = append(list, h.ID)
	}
	return list
}

func TestRerank(t *testing.T) {
	db := openTest(t, nil)
	fillLengths(t, db)
	ctx := context.Background()
	q := Query{Text: "key", Mode: Keyword, K: 3, Offset: 1}
	plain, err := db.Find(ctx, Query{Text: "key", Mode: Keyword, K: 9})
	if err != nil || plain.Hits[0].ID != "1" {
		t.Fatalf("%v, %v", ids(plain.Hits), err)
	}
	for _, test := range []struct {
		rerank Rerank
		wants  string
		n      int
	}{
		{Rerank{Model: &lengthJudge{}}, "[8 7 6]", 9},
		{Rerank{Model: &lengthJudge{}, Documents: 2}, "[1 3 4]", 2},
		{Rerank{Model: &lengthJudge{slowFrom: 2}, Budget: time.Millisecond}, "[2 3 4]", 0},
	} {
		q.Rerank = &test.rerank
		a, err := db.Find(ctx, q)
		if err != nil || fmt.Sprint(ids(a.Hits)) != test.wants || a.Reranked != test.n {
			t.Errorf("%+v: %v, %d ranked again, %v; want %s, %d", test.rerank, ids(a.Hits), a.Reranked, err, test.wants, test.n)
		}
	}
	for _, wrong := range []Query{{Text: "key", Rerank: &Rerank{}}, {Like: "1", Rerank: &Rerank{Model: &lengthJudge{}}}, {Text: "key", K: -1, Rerank: &Rerank{Model: &lengthJudge{}}}} {
		if _, err := db.Find(ctx, wrong); !errors.Is(err, ErrInvalidQuery) {
			t.Errorf("%+v: %v", wrong, err)
		}
	}
}

// lastWord answers with the last word of a passage of more than five.
type lastWord struct{}

func (lastWord) Answer(_ context.Context, _, passage string) (task.Answer, error) {
	if len(strings.Fields(passage)) <= 5 {
		return task.Answer{Score: -1}, nil
	}
	return task.Answer{Start: len(passage) - 1, End: len(passage), Score: float32(len(passage))}, nil
}

func TestExtracts(t *testing.T) {
	db := openTest(t, nil)
	ctx := context.Background()
	text := strings.Repeat("a ", 20) + "key b b b b b c" // the second passage has the answer
	if err := db.Put(ctx, Document{ID: "long", Text: text}, Document{ID: "short", Text: "key"}); err != nil {
		t.Fatal(err)
	}
	hits, err := db.Search(ctx, Query{Text: "key", Mode: Keyword})
	if err != nil || len(hits) != 2 {
		t.Fatalf("%v, %v", hits, err)
	}
	found, err := Extracts(ctx, lastWord{}, "what?", hits)
	if err != nil || len(found) != 1 || found[0].ID != "long" || text[found[0].Start:found[0].End] != "c" || found[0].Text != "c" {
		t.Errorf("%+v, %v", found, err)
	}
}

// lengthReader answers with a passage's first byte, and its length as the score.
type lengthReader struct{}

func (lengthReader) Answer(ctx context.Context, _, passage string) (task.Answer, error) {
	return task.Answer{End: 1, Score: float32(len(passage))}, ctx.Err()
}

// TestExtractsWeighRanks orders answers by score and rank.
func TestExtractsWeighRanks(t *testing.T) {
	var hits []Hit
	for i, length := range []int{10, 14, 24, 5} { // 10, 9.9, 13.9 and 2.5 by weight
		hits = append(hits, Hit{ID: fmt.Sprint(length), Rank: i + 1, Passage: Passage{Text: strings.Repeat("x", length)}})
	}
	found, err := Extracts(t.Context(), lengthReader{}, "what?", hits)
	if err != nil {
		t.Fatal(err)
	}
	var order []string
	for _, e := range found {
		order = append(order, e.ID)
	}
	if got := strings.Join(order, " "); got != "24 10 14 5" || found[0].Score != 24 {
		t.Errorf("%s, the first with %g", got, found[0].Score)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Extracts(ctx, lengthReader{}, "what?", hits); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
