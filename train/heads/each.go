package heads

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/bertsearch/bertsearch/model"
	"github.com/bertsearch/bertsearch/task"
)

// each calls work with the model as it is now, on all cores, for 0 to n-1.
func (t *trained) each(ctx context.Context, w *model.TrainableTask, n int, work func(m *task.Model, head *model.TaskModel, space *model.Workspace, i int) error) error {
	head, err := w.Task()
	if err != nil {
		return err
	}
	m, err := task.New(head, t.tokens)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var next atomic.Int64
	var workers sync.WaitGroup
	for range t.workers {
		workers.Go(func() {
			space := &model.Workspace{}
			for i := int(next.Add(1)) - 1; i < n && ctx.Err() == nil; i = int(next.Add(1)) - 1 {
				if err := work(m, head, space, i); err != nil {
					stop(err)
				}
			}
		})
	}
	workers.Wait()
	return context.Cause(ctx)
}
