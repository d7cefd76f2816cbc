package main

import "testing"

func TestNearestCommand(t *testing.T) {
	commands := (&program{}).app().Commands
	for name, want := range map[string]string{
		"querry": "query", "idnex": "index", "stat": "stats", "frobnicate": "", "x": "", "": "",
	} {
		if got := nearestCommand(commands, name); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
}
