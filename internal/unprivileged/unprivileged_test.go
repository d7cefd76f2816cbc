package unprivileged

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

func TestDo(t *testing.T) {
	closed := filepath.Join(t.TempDir(), "closed")
	if err := os.WriteFile(closed, nil, 0); err != nil {
		t.Fatal(err)
	}
	ran := false
	Do(t, func() {
		ran = true
		if _, err := os.ReadFile(closed); !errors.Is(err, fs.ErrPermission) {
			t.Errorf("reading a closed file: %v", err)
		}
	})
	if !ran {
		t.Error("nothing ran")
	}
	if _, err := os.ReadFile(closed); os.Geteuid() == 0 && err != nil {
		t.Errorf("root lost its rights: %v", err)
	}
}
