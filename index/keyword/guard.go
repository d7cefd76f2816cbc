package keyword

import (
	"fmt"
	"runtime/debug"
)

// guard calls fn and turns a panic into ErrCorrupt, a fault in mapped memory
// (a file cut short under us) included. It reaches the calling goroutine only:
// what scorch reads in goroutines of its own is verified before it starts.
func guard(what string, fn func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("keyword: %s: %w: %v", what, ErrCorrupt, r)
		}
	}()
	return fn()
}
