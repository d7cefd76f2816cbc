// Command convert writes the files that package minilm embeds from a
// Sentence-Transformers folder: the weights, the tokenizer and their SHA-256.
package main

import (
	"bytes"
	"crypto/sha256"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/bertsearch/bertsearch/model"
	"github.com/bertsearch/bertsearch/model/blob"
	"github.com/bertsearch/bertsearch/tokenizer"
)

func main() {
	from := flag.String("from", "", "folder of the model")
	to := flag.String("to", ".", "folder to write to")
	name := flag.String("name", "", "name of the model; the folder's by default")
	flag.Parse()
	if err := convert(*from, *to, *name); err != nil {
		fmt.Fprintln(os.Stderr, "convert:", err)
		os.Exit(1)
	}
}

func convert(from, to, name string) error {
	s, err := model.Load(from)
	if err != nil {
		return err
	}
	if name != "" {
		s.Name = name
	}
	t, err := tokenizer.Load(from)
	if err != nil {
		return err
	}
	var weights, sums bytes.Buffer
	if err := blob.Write(&weights, s); err != nil {
		return err
	}
	tokens, err := t.MarshalBinary()
	if err != nil {
		return err
	}
	write := func(name string, data []byte) {
		fmt.Fprintf(&sums, "%x  %s\n", sha256.Sum256(data), name)
		if err == nil {
			err = os.WriteFile(filepath.Join(to, name), data, 0o644)
		}
	}
	write("weights.blob", weights.Bytes())
	write("tokenizer.bin", tokens)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(to, "SHA256SUMS"), sums.Bytes(), 0o644)
}
