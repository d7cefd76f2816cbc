// Command hnswserve lets a program in another language measure index/hnsw: it
// builds or opens an index, prints what that took, and then answers the lines
// of standard input with a line of JSON each.
//
//	answers EF        the labels found for each query
//	time EF THREADS   the seconds that all queries take
//
//	hnswserve BASE.npy QUERIES.npy SNAPSHOT EFCONSTRUCTION
//
// The index is built and saved if SNAPSHOT does not exist.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bertsearch/bertsearch/index"
	"github.com/bertsearch/bertsearch/index/bench"
	"github.com/bertsearch/bertsearch/index/hnsw"
)

// neighbours is the number of labels found for a query.
const neighbours = 10

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "hnswserve:", err)
		os.Exit(1)
	}
}

func run(arguments []string) error {
	if len(arguments) != 4 {
		return errors.New("want BASE.npy QUERIES.npy SNAPSHOT EFCONSTRUCTION")
	}
	queries, err := bench.ReadVectors(arguments[1])
	if err != nil {
		return err
	}
	efConstruction, err := strconv.Atoi(arguments[3])
	if err != nil {
		return err
	}
	path := arguments[2]
	built := 0.0
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		if built, err = build(arguments[0], path, efConstruction); err != nil {
			return err
		}
	}
	x, _, err := hnsw.Open(path, len(queries[0]), nil)
	if err != nil {
		return err
	}
	out := json.NewEncoder(os.Stdout)
	stats := x.Stats()
	if err := out.Encode(map[string]any{"build_s": built, "bytes": stats.Bytes, "ef": stats.EfSearch, "recall": stats.Recall}); err != nil {
		return err
	}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		answer, err := obey(x, queries, strings.Fields(lines.Text()))
		if err == nil {
			err = out.Encode(answer)
		}
		if err != nil {
			return err
		}
	}
	return errors.Join(lines.Err(), x.Close())
}

// build makes an index of the vectors in a file, saves it and returns the
// seconds that building took.
func build(base, path string, efConstruction int) (float64, error) {
	vectors, err := bench.ReadVectors(base)
	if err != nil {
		return 0, err
	}
	labels := make([]uint32, len(vectors))
	for i := range labels {
		labels[i] = uint32(i)
	}
	x, err := hnsw.New(len(vectors[0]), &index.Options{EfConstruction: efConstruction})
	if err != nil {
		return 0, err
	}
	start := time.Now()
	if err := x.Add(labels, vectors); err != nil {
		return 0, err
	}
	seconds := time.Since(start).Seconds()
	return seconds, errors.Join(index.SaveFile(path, x, 0), x.Close())
}

// obey does what a line says.
func obey(x index.Vector, queries [][]float32, words []string) (any, error) {
	numbers := make([]int, len(words))
	for i := 1; i < len(words); i++ {
		n, err := strconv.Atoi(words[i])
		if err != nil {
			return nil, err
		}
		numbers[i] = n
	}
	switch {
	case len(words) == 2 && words[0] == "answers":
		return answers(x, queries, numbers[1])
	case len(words) == 3 && words[0] == "time":
		return seconds(x, queries, numbers[1], numbers[2]), nil
	}
	return nil, fmt.Errorf("cannot obey %q", strings.Join(words, " "))
}

func answers(x index.Vector, queries [][]float32, ef int) ([][]uint32, error) {
	all := make([][]uint32, len(queries))
	for i, q := range queries {
		found, err := x.Search(q, neighbours, index.SearchOptions{Ef: ef})
		if err != nil {
			return nil, err
		}
		for _, m := range found {
			all[i] = append(all[i], m.Label)
		}
	}
	return all, nil
}

// seconds is what answering all queries takes.
func seconds(x index.Vector, queries [][]float32, ef, threads int) float64 {
	var next atomic.Int64
	var wait sync.WaitGroup
	start := time.Now()
	for range threads {
		wait.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(queries); i = int(next.Add(1)) - 1 {
				_, _ = x.Search(queries[i], neighbours, index.SearchOptions{Ef: ef})
			}
		})
	}
	wait.Wait()
	return time.Since(start).Seconds()
}
