package bertsearch

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// describeModel writes a model card and the report to a tuned model's folder.
func describeModel(dir, base string, r *TuneReport) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, reportFile), append(text, '\n'), 0o666); err != nil {
		return err
	}
	card := fmt.Sprintf(`---
library_name: sentence-transformers
pipeline_tag: sentence-similarity
---
# %s, tuned with bertsearch

A sentence embedding model adapted to one collection. It loads with
SentenceTransformer(folder) and with bertsearch --model folder.

| | |
|---|---|
| base | %s |
| pairs | %d, from %s |
| steps | %d, of which a share of %.2f of the change was kept |
| questions held out | %d |
| dense nDCG@10 on them | %.4f before, %.4f after |
| hybrid nDCG@10 on them | %.4f before, %.4f after |
| paired randomisation test | p = %.4f |
| date | %s |

The figures are of questions that were not trained on, each asked of a pool of
passages; they say how two models compare, not how good search is.
`, base, base, r.Pairs, r.Source, r.Steps, r.Mix, r.Questions, r.Before.Dense, r.After.Dense,
		r.Before.Hybrid, r.After.Hybrid, r.PValue, time.Now().UTC().Format(time.DateOnly))
	return os.WriteFile(filepath.Join(dir, cardFile), []byte(card), 0o666)
}

// ModelReport returns what tuning wrote down about a tuned model, given by the
// ID that [DB.Models] lists.
func (db *DB) ModelReport(id string) (TuneReport, error) {
	var report TuneReport
	text, err := os.ReadFile(filepath.Join(db.models, filepath.Base(id), reportFile))
	if errors.Is(err, fs.ErrNotExist) {
		return report, fmt.Errorf("model %q: %w: it has no report", id, ErrNotFound)
	}
	if err == nil {
		err = json.Unmarshal(text, &report)
	}
	if err != nil {
		return report, fmt.Errorf("model %q: %w", id, err)
	}
	return report, nil
}
