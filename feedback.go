package bertsearch

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/bertsearch/bertsearch/store"
	"github.com/bertsearch/bertsearch/train"
)

// # Format of feedback
//
// The setting "feedback" has how many judgements there have ever been and the
// version of their form; judgement n stands in the setting "feedback/s", where
// s is n modulo mostFeedback, so that the oldest makes room for the newest and
// a judgement costs the same however many there are.
const (
	metaFeedback    = "feedback"
	feedbackVersion = 1
	mostFeedback    = 10_000
	longestFeedback = 2_000 // bytes of a query that are kept
)

// A Judgement is what a person found of a document for a query.
type Judgement struct {
	Query string `json:"query"`
	ID    string `json:"id"`
	// Sign is +1 for a document that answers the query and −1 for one that does not.
	Sign int `json:"sign"`
}

// feedbackHead is the setting metaFeedback.
type feedbackHead struct {
	Version int    `json:"version"`
	Count   uint64 `json:"count"`
}

// Feedback remembers that the document id answers a query, sign +1, or does
// not, sign −1: what a person clicked or turned down. [DB.Tune] learns from it
// unless it is given pairs. Of two judgements of the same query and document
// the later one holds. The last 10,000 are kept, as texts in the database's
// file: [DB.ClearFeedback] removes them.
func (db *DB) Feedback(ctx context.Context, query, id string, sign int) error {
	if err := db.feedback(ctx, Judgement{strings.TrimSpace(query), id, sign}); err != nil {
		return fmt.Errorf("feedback: %w", err)
	}
	return nil
}

func (db *DB) feedback(ctx context.Context, j Judgement) error {
	if j.Query == "" {
		return fmt.Errorf("%w: the query is empty", ErrInvalidQuery)
	}
	if j.Sign != 1 && j.Sign != -1 {
		return fmt.Errorf("the sign is %d: want 1 for a document that answers the query, -1 for one that does not", j.Sign)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := db.enterWriter(); err != nil {
		return err
	}
	defer db.leave()
	j.Query = shortened(j.Query)
	// Not through db.update: no index depends on it, and who searches must not
	// wait for a change of models to end.
	return db.store.Update(func(w *store.Writer) error {
		if _, err := w.Lookup(j.ID); err != nil {
			return err
		}
		head, err := readFeedbackHead(w.Reader)
		if err != nil {
			return err
		}
		slot := head.Count % mostFeedback
		head.Count++
		return errors.Join(writeMeta(w, feedbackKey(slot), j), writeMeta(w, metaFeedback, head))
	})
}

// shortened cuts a query that no person typed, between two characters.
func shortened(query string) string {
	if len(query) <= longestFeedback {
		return query
	}
	end := longestFeedback
	for end > 0 && !utf8.RuneStart(query[end]) {
		end--
	}
	return query[:end]
}

// Judgements lists what [DB.Feedback] remembers, the oldest first, one for each
// query and document.
func (db *DB) Judgements(ctx context.Context) ([]Judgement, error) {
	if err := db.enter(); err != nil {
		return nil, fmt.Errorf("judgements: %w", err)
	}
	defer db.leave()
	var list []Judgement
	err := db.store.View(func(r *store.Reader) (err error) {
		list, err = readFeedback(ctx, r)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("judgements: %w", err)
	}
	return list, nil
}

// ClearFeedback forgets all judgements.
func (db *DB) ClearFeedback(ctx context.Context) error {
	if err := db.enterWriter(); err != nil {
		return fmt.Errorf("clear feedback: %w", err)
	}
	defer db.leave()
	err := db.store.Update(func(w *store.Writer) error {
		head, err := readFeedbackHead(w.Reader)
		for slot := uint64(0); err == nil && slot < min(head.Count, mostFeedback); slot++ {
			err = errors.Join(ctx.Err(), w.SetMeta(feedbackKey(slot), nil))
		}
		if err != nil {
			return err
		}
		return w.SetMeta(metaFeedback, nil)
	})
	if err != nil {
		return fmt.Errorf("clear feedback: %w", err)
	}
	return nil
}

func feedbackKey(slot uint64) string { return fmt.Sprintf("%s/%d", metaFeedback, slot) }

// readFeedbackHead reads the setting, which is zero while there is no feedback.
func readFeedbackHead(r *store.Reader) (feedbackHead, error) {
	head := feedbackHead{Version: feedbackVersion}
	if err := readMeta(r, metaFeedback, &head); err != nil {
		return head, err
	}
	if head.Version != feedbackVersion {
		return head, fmt.Errorf("%w: its feedback has version %d, this program knows %d: use a newer bertsearch",
			ErrNewerFormat, head.Version, feedbackVersion)
	}
	return head, nil
}

// readFeedback reads the judgements that hold, the oldest first.
func readFeedback(ctx context.Context, r *store.Reader) ([]Judgement, error) {
	head, err := readFeedbackHead(r)
	if err != nil {
		return nil, err
	}
	n := min(head.Count, mostFeedback)
	var list []Judgement
	place := map[[2]string]int{}
	for i := head.Count - n; i < head.Count; i++ {
		var j Judgement
		if err := errors.Join(ctx.Err(), readMeta(r, feedbackKey(i%mostFeedback), &j)); err != nil {
			return nil, err
		}
		key := [2]string{j.Query, j.ID}
		if at, ok := place[key]; ok {
			list[at].Sign = j.Sign
			continue
		}
		place[key] = len(list)
		list = append(list, j)
	}
	return list, nil
}

// feedbackPairs makes labels of the judgements: a pair of each query and each
// document that answers it, with one that does not where there is one. It is
// nil where too few queries have an answer to learn from them.
func (db *DB) feedbackPairs(ctx context.Context) ([]train.Pair, error) {
	judged, err := db.Judgements(ctx)
	if err != nil {
		return nil, err
	}
	wrong := map[string][]string{}
	for _, j := range judged {
		if j.Sign < 0 {
			wrong[j.Query] = append(wrong[j.Query], j.ID)
		}
	}
	var pairs []train.Pair
	used := map[string]int{}
	for _, j := range judged {
		if j.Sign < 0 {
			continue
		}
		p := train.Pair{Query: j.Query, PositiveID: j.ID}
		if list := wrong[j.Query]; len(list) > 0 {
			p.NegativeID = list[used[j.Query]%len(list)]
		}
		used[j.Query]++
		pairs = append(pairs, p)
	}
	if len(used) < fewestQueries {
		return nil, nil
	}
	return pairs, nil
}
