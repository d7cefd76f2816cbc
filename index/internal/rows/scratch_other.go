//go:build !unix

package rows

import (
	"errors"
	"os"
)

// canMap is false: UseScratch does nothing here, and the rest is not reached.
const canMap = false

func mapShared(*os.File, int64, int) ([]byte, error) { return nil, errors.ErrUnsupported }

func unmap([]byte) error { return errors.ErrUnsupported }
