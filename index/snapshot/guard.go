package snapshot

import "runtime/debug"

// Guard makes a fault in mapped memory, as when another process has cut the
// file short or its disk fails, an error that report gets and that ends the
// function which defers what Guard returns: defer f.Guard(report)(). A nil
// File guards nothing.
func (f *File) Guard(report func(error)) func() {
	if f == nil || f.mapped == 0 {
		return func() {}
	}
	return Guard(report)
}

// Guard is File.Guard for other mapped files.
func Guard(report func(error)) func() {
	before := debug.SetPanicOnFault(true)
	return func() {
		debug.SetPanicOnFault(before)
		switch fault := recover().(type) {
		case nil:
		case interface{ Addr() uintptr }:
			report(corrupt("its file could not be read at address %#x", fault.Addr()))
		default:
			panic(fault)
		}
	}
}
