package bench

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/bertsearch/bertsearch/index"
)

// ReadVectors reads a file of float32 vectors, a NumPy array of two
// dimensions (.npy) or TEXMEX's .fvecs, and normalises them.
func ReadVectors(path string) ([][]float32, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("bench: %w", err)
	}
	defer func() { _ = f.Close() }()
	var vectors [][]float32
	r := bufio.NewReaderSize(f, 1<<20)
	switch ext := filepath.Ext(path); ext {
	case ".npy":
		vectors, err = readNPY(r)
	case ".fvecs":
		vectors, err = readFvecs(r)
	default:
		err = fmt.Errorf("%q is no extension of vectors; use .npy or .fvecs", ext)
	}
	if err != nil {
		return nil, fmt.Errorf("bench: read %s: %w", path, err)
	}
	for _, v := range vectors {
		normalise(v)
	}
	return vectors, nil
}

func normalise(v []float32) {
	var square float64
	for _, x := range v {
		square += float64(x) * float64(x)
	}
	if square == 0 {
		return
	}
	for i := range v {
		v[i] = float32(float64(v[i]) / math.Sqrt(square))
	}
}

// npyShape finds the shape in the header of a NumPy file.
var npyShape = regexp.MustCompile(`'shape': \((\d+), (\d+)\)`)

// readNPY reads a little-endian float32 array of two dimensions in C order,
// as numpy.save writes (NEP 1).
func readNPY(r io.Reader) ([][]float32, error) {
	var start [10]byte
	if _, err := io.ReadFull(r, start[:]); err != nil {
		return nil, err
	}
	if string(start[:6]) != "\x93NUMPY" || start[6] != 1 {
		return nil, errors.New("it is no NumPy file of version 1")
	}
	header := make([]byte, binary.LittleEndian.Uint16(start[8:]))
	if _, err := io.ReadFull(r, header); err != nil {
		return nil, err
	}
	text := string(header)
	if !strings.Contains(text, "'<f4'") || !strings.Contains(text, "'fortran_order': False") {
		return nil, errors.New("its numbers are not float32 in C order")
	}
	shape := npyShape.FindStringSubmatch(text)
	if shape == nil {
		return nil, errors.New("its array does not have two dimensions")
	}
	count, err := strconv.Atoi(shape[1])
	if err != nil {
		return nil, err
	}
	dimension, err := strconv.Atoi(shape[2])
	if err != nil || index.CheckDimension(dimension) != nil {
		return nil, index.CheckDimension(dimension)
	}
	var vectors [][]float32
	for len(vectors) < count {
		v, err := readFloats(r, dimension)
		if err != nil {
			return nil, err
		}
		vectors = append(vectors, v)
	}
	return vectors, nil
}

// readFvecs reads vectors, each after its length as an int32.
func readFvecs(r io.Reader) ([][]float32, error) {
	var vectors [][]float32
	for {
		var length [4]byte
		if _, err := io.ReadFull(r, length[:]); err == io.EOF {
			return vectors, nil
		} else if err != nil {
			return nil, err
		}
		dimension := int(int32(binary.LittleEndian.Uint32(length[:])))
		if err := index.CheckDimension(dimension); err != nil {
			return nil, err
		}
		if len(vectors) > 0 && len(vectors[0]) != dimension {
			return nil, fmt.Errorf("%w: vector %d has %d numbers, the first %d", index.ErrDimension, len(vectors), dimension, len(vectors[0]))
		}
		v, err := readFloats(r, dimension)
		if err != nil {
			return nil, err
		}
		vectors = append(vectors, v)
	}
}

func readFloats(r io.Reader, count int) ([]float32, error) {
	data := make([]byte, 4*count)
	if _, err := io.ReadFull(r, data); err != nil {
		return nil, err
	}
	v := make([]float32, count)
	for i := range v {
		v[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
	}
	return v, nil
}
