package train

import (
	"context"

	"github.com/bertsearch/bertsearch/model"
)

// A Writer makes texts of texts, such as questions of what answers them.
// task.Writer is one.
type Writer interface {
	// WriteTexts returns for each text what is written of it, the most probable
	// first and as many as there are beams at most.
	WriteTexts(ctx context.Context, texts []string, o model.GenerateOptions) ([][]string, error)
}
