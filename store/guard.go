package store

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// bbolt trusts its file: on damaged pages it panics, and on a truncated file
// the memory map faults. Two guards stand between that and the program. The
// functions of tree.go, the only ones that call into bbolt's pages, turn any
// panic into ErrCorrupt. Around the caller's function only memory faults are
// caught, since any other panic there is the caller's own and must be seen.
// What no guard can catch, endless descent through a cycle of pages, is ruled
// out before bbolt reads a tree at all: see package boltfile.

// guard is deferred around calls into bbolt.
func guard(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("store: %v: %w", p, ErrCorrupt)
	}
}

// catchFaults runs fn on pages that may fault and turns a fault into ErrCorrupt.
func catchFaults(fn func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		if !isFault(p) {
			panic(p)
		}
		err = fmt.Errorf("store: %v: %w", p, ErrCorrupt)
	}()
	return fn()
}

// isFault tells a fault on mapped memory, whose error carries the address,
// from a nil pointer or any other run-time error.
func isFault(p any) bool {
	e, ok := p.(runtime.Error)
	if !ok {
		return false
	}
	_, ok = e.(interface{ Addr() uintptr })
	return ok
}
