package minilm

import (
	"crypto/sha256"
	"fmt"
	"os"
	"strings"
	"testing"
)

func TestVerify(t *testing.T) {
	if err := Verify(); err != nil {
		t.Error(err)
	}
}

func TestChecksumsStandBesideTheFiles(t *testing.T) {
	sums, err := os.ReadFile("SHA256SUMS")
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string]string{"weights.blob": weights, "tokenizer.bin": tokens} {
		if line := fmt.Sprintf("%x  %s\n", sha256.Sum256([]byte(data)), name); !strings.Contains(string(sums), line) {
			t.Errorf("SHA256SUMS lacks %q", line)
		}
	}
}

func TestLoad(t *testing.T) {
	s, tok, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	if s.Dimension() != 384 || s.MaxLength != 256 || !s.Normalize || len(s.Encoder.Layers) != 6 {
		t.Errorf("dimension %d, length %d, normalize %v, %d layers", s.Dimension(), s.MaxLength, s.Normalize, len(s.Encoder.Layers))
	}
	if tok.Size() != s.Encoder.Config.VocabSize {
		t.Errorf("%d tokens for a vocabulary of %d", tok.Size(), s.Encoder.Config.VocabSize)
	}
}

// BenchmarkLoad is what a program pays at its start.
func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		if _, _, err := Load(); err != nil {
			b.Fatal(err)
		}
	}
}
