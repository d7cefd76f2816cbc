//go:build !linux

package unprivileged

import "errors"

// obey is not known for this system.
func obey() error { return errors.New("this system has no rights of threads") }
