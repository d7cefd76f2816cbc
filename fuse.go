package bertsearch

import "context"

func (s *search) fuse(_ context.Context, list []candidate) error {
	lo, hi, kh := 2.0, -2.0, 0.0
	for _, c := range list {
		if d := c.explain.Dense; d != nil {
			lo, hi = min(lo, d.Score), max(hi, d.Score)
		}
		if k := c.explain.Keyword; k != nil {
			kh = max(kh, k.Score)
		}
	}
	for i := range list {
		c := &list[i]
		c.score = 0
		if d := c.explain.Dense; d != nil && hi > lo {
			d.Normalised = (d.Score - lo) / (hi - lo)
			c.score += 0.5 * d.Normalised
		}
		if k := c.explain.Keyword; k != nil && kh > 0 {
			k.Normalised = k.Score / kh
			c.score += 0.5 * k.Normalised
		}
	}
	return nil
}
