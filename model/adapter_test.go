package model

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
)

// reversing gives the values of a vector the other order.
func reversing(d int, words bool) *Adapter {
	m := make([]float32, d*d)
	for i := range d {
		m[i*d+d-1-i] = 2 // not of length 1
	}
	return NewAdapter(m, d, words)
}

func TestAdapterIsSaved(t *testing.T) {
	s, err := Load(sentenceFolder(t, twoModes, noBias))
	if err != nil {
		t.Fatal(err)
	}
	for _, words := range []bool{false, true} {
		s.Adapter = reversing(5, words)
		dir := filepath.Join(t.TempDir(), "saved")
		if err := s.Save(dir); err != nil {
			t.Fatal(err)
		}
		again, err := Load(dir)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := again.Adapter.Digest(), s.Adapter.Digest(); got != want || again.Adapter.Words != words {
			t.Errorf("words %v: loaded adapter %s %v, want %s", words, got, again.Adapter.Words, want)
		}
		if !again.Normalize {
			t.Error("the Normalize after the Router is lost")
		}
		s.Adapter = nil
		plain := filepath.Join(t.TempDir(), "plain")
		if err := s.Save(plain); err != nil {
			t.Fatal(err)
		}
		if without, err := Load(plain); err != nil || without.Digest != again.Digest {
			t.Errorf("an adapter changes the digest of the weights (%v)", err)
		}
	}
	if a, b := reversing(5, true).Digest(), reversing(5, false).Digest(); a == b || (*Adapter)(nil).Digest() != "" {
		t.Error("digests do not tell adapters apart")
	}
}

func TestAdapterApply(t *testing.T) {
	x := []float32{0.6, 0, 0.8}
	reversing(3, false).Apply(x)
	for i, want := range []float32{0.8, 0, 0.6} {
		if d := x[i] - want; d > 1e-6 || d < -1e-6 {
			t.Errorf("applied to %v, want .8 0 .6", x)
		}
	}
}

func TestRouterRejects(t *testing.T) {
	good := func() *routerFile {
		return &routerFile{
			Types:      map[string]string{"q": "a.Dense", "d": "b.Normalize", "x": "c.Transformer"},
			Structure:  map[string][]string{"query": {"q"}, "document": {"d"}},
			Parameters: routerParameters{Default: "document"},
		}
	}
	if name, err := good().adapter(); err != nil || name != "q" {
		t.Fatalf("%q, %v", name, err)
	}
	for want, change := range map[string]func(*routerFile){
		"routes":         func(f *routerFile) { delete(f.Structure, "document") },
		"default_route":  func(f *routerFile) { f.Parameters.Default = "query" },
		"route_mappings": func(f *routerFile) { f.Parameters.Mappings = map[string]any{"a": "b"} },
		`"x"`:            func(f *routerFile) { f.Structure["document"] = []string{"x"} },
		`"../q"`: func(f *routerFile) {
			f.Structure["query"], f.Types["../q"] = []string{"../q"}, "a.Dense"
		},
		`"d"`: func(f *routerFile) { f.Structure["query"] = []string{"d"} },
	} {
		f := good()
		change(f)
		if _, err := f.adapter(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v does not name %s", err, want)
		}
	}
}

func TestLoadAdapterRejects(t *testing.T) {
	s, err := Load(sentenceFolder(t, twoModes, noBias))
	if err != nil {
		t.Fatal(err)
	}
	s.Adapter = reversing(5, false)
	for name, change := range map[string]func(dir string){
		"3_Router": func(dir string) { moveFile(t, filepath.Join(dir, "3_Router"), filepath.Join(dir, "away")) },
		"linear": func(dir string) {
			writeFile(t, dir, "3_Router/query_0_Dense/config.json", map[string]any{"in_features": 5, "out_features": 5, "bias": false})
		},
	} {
		dir := t.TempDir()
		if err := s.Save(dir); err != nil {
			t.Fatal(err)
		}
		change(dir)
		if _, err := Load(dir); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("error %v does not name %s", err, name)
		}
	}
}

func FuzzRouter(f *testing.F) {
	f.Add([]byte(`{"types":{"q":"a.Dense"},"structure":{"query":["q"],"document":[]},"parameters":{"default_route":"document"}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var file routerFile
		if json.Unmarshal(text, &file) != nil {
			return
		}
		if name, err := file.adapter(); err == nil && !filepath.IsLocal(name) {
			t.Errorf("accepted the module %q", name)
		}
	})
}
