package snapshot

import "runtime/debug"

// Guard makes a fault in mapped memory, as when another process has cut the
// file short or its disk fails, an error of the function that defers what
// Guard returns: defer f.Guard(&err)().
func (f *File) Guard(err *error) func() {
	if f.mapped == 0 {
		return func() {}
	}
	before := debug.SetPanicOnFault(true)
	return func() {
		debug.SetPanicOnFault(before)
		switch fault := recover().(type) {
		case nil:
		case interface{ Addr() uintptr }:
			*err = corrupt("its file could not be read at address %#x", fault.Addr())
		default:
			panic(fault)
		}
	}
}
