package heads

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Card describes a trained model in Markdown, for the README.md of its folder.
// data names the files that were learnt from.
func (r *Result) Card(k Kind, base string, data []string, date time.Time) string {
	var b strings.Builder
	library := "transformers"
	if k == Denoise {
		library = "sentence-transformers"
	}
	fmt.Fprintf(&b, "---\nbase_model: %q\nlibrary_name: %s\ntags: [bertsearch, %s]\n---\n\n", base, library, k)
	fmt.Fprintf(&b, "# A model for %s\n\nTrained by bertsearch on %s from %s.\n\n", k, date.UTC().Format(time.DateOnly), base)
	fmt.Fprintf(&b, "| | |\n|---|---|\n| data | %s |\n| examples | %d learnt from, %d held out |\n", strings.Join(data, ", "), r.Train, r.HeldOut)
	fmt.Fprintf(&b, "| steps | %d, the weights are those after %d |\n| tokens | %d in %s |\n", len(r.Losses), r.Best, r.Tokens, r.Elapsed.Round(time.Second))
	c := r.Recipe
	fmt.Fprintf(&b, "| recipe | AdamW, rate %g, batch %d, %d epochs, warm-up %g, decay %g, clip %g, length %d, seed %d |\n",
		c.LearningRate, c.Batch, c.Epochs, c.Warmup, c.Decay, c.Clip, c.Length, c.Seed)
	if len(r.After.Values) == 0 {
		return b.String()
	}
	b.WriteString("\n| held out | before | after |\n|---|---|---|\n")
	var names []string
	for name := range r.After.Values {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Fprintf(&b, "| %s | %.4f | %.4f |\n", name, r.Before.Values[name], r.After.Values[name])
	}
	return b.String()
}
