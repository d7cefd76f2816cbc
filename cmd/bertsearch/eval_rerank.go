package main

import (
	"context"
	"sync"

	"github.com/urfave/cli/v2"

	"github.com/bertsearch/bertsearch"
	"github.com/bertsearch/bertsearch/embed"
	"github.com/bertsearch/bertsearch/model"
	"github.com/bertsearch/bertsearch/task"
)

// withRerank is what stands after a mode whose best hits are ranked again.
const withRerank = "+rerank"

// evalRerank is the re-ranking that the flags ask for; nil for none.
func evalRerank(c *cli.Context, p embed.Precision) (*bertsearch.Rerank, error) {
	dir, documents := c.String("rerank"), c.Int("rerank-documents")
	switch {
	case documents < 1:
		return nil, usagef("eval: --rerank-documents is %d: want 1 or more", documents)
	case dir == "" && c.IsSet("rerank-documents"):
		return nil, usagef("eval: --rerank-documents needs --rerank DIR")
	case dir == "":
		return nil, nil
	}
	judge, err := openTask(c, dir, model.SequenceClassification, p)
	if err != nil {
		return nil, err
	}
	return &bertsearch.Rerank{Model: &rememberingJudge{judge: judge, scores: map[[2]string]float32{}}, Documents: documents}, nil
}

// rememberingJudge keeps what it has said, as the modes find much the same.
type rememberingJudge struct {
	judge  *task.Model
	mu     sync.Mutex
	scores map[[2]string]float32 // of a query and a passage
}

func (r *rememberingJudge) Relevance(ctx context.Context, query string, passages ...string) ([]float32, error) {
	var out []float32
	for _, passage := range passages {
		key := [2]string{query, passage}
		r.mu.Lock()
		score, known := r.scores[key]
		r.mu.Unlock()
		if !known {
			found, err := r.judge.Relevance(ctx, query, passage)
			if err != nil {
				return out, err
			}
			score = found[0]
			r.mu.Lock()
			r.scores[key] = score
			r.mu.Unlock()
		}
		out = append(out, score)
	}
	return out, nil
}
