package keyword

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/blevesearch/bleve/v2/analysis"
	"github.com/blevesearch/bleve/v2/index/scorch"
	index "github.com/blevesearch/bleve_index_api"
)

var (
	// ErrCorrupt says that the files of the index do not hold what was written.
	// Destroy the folder and apply every document again.
	ErrCorrupt = errors.New("keyword index is damaged")
	// ErrLanguage says that the index was built with the analyzer of another language.
	ErrLanguage = errors.New("keyword index has another language")
	// ErrLocked says that another process holds the index.
	ErrLocked = errors.New("keyword index is in use by another process")
	// ErrReadOnly says that the index was opened for reading only.
	ErrReadOnly = errors.New("keyword index is read-only")
	// ErrClosed says that the index has been closed.
	ErrClosed = errors.New("keyword index is closed")
)

// lockWait is how long Open waits for another process to let go of the index.
const lockWait = "1s"

// Options choose how an index is opened. The zero value is a good default.
type Options struct {
	// Language names the analyzer, one of Languages; "" is the language that an
	// existing index has, and "en" for a new one.
	Language string
	// ReadOnly opens without a write, beside other readers.
	ReadOnly bool
}

// Index is an inverted index in a folder. Its methods are safe for concurrent
// use; searches do not wait for Apply.
type Index struct {
	dir      string
	readOnly bool
	analyzer analysis.Analyzer
	language string
	queue    *index.AnalysisQueue

	mu     sync.RWMutex // held for reading while the scorch index is in use
	scorch index.Index  // nil once closed

	write  sync.Mutex // one Apply at a time
	state  state      // what the last batch recorded; under write
	failed error      // the first failure of a batch; under write
}

// Open opens the index in dir, and creates it where there is none. Every byte
// that is read later is verified first: ErrCorrupt, ErrLanguage and ErrLocked
// tell a caller what to do.
func Open(dir string, options *Options) (*Index, error) {
	if options == nil {
		options = &Options{}
	}
	x := &Index{dir: dir, readOnly: options.ReadOnly}
	if err := guard("open "+dir, func() error { return x.open(options.Language) }); err != nil {
		return nil, err
	}
	return x, nil
}

func (x *Index) open(language string) error {
	if err := x.prepare(); err != nil {
		return err
	}
	x.queue = index.NewAnalysisQueue(1)
	s, err := scorch.NewScorch(scorch.Name, map[string]any{
		"path": x.dir, "read_only": x.readOnly, "bolt_timeout": lockWait,
	}, x.queue)
	if err == nil {
		err = s.Open()
	}
	if err != nil {
		x.queue.Close()
		return openError(x.dir, err)
	}
	x.scorch = s
	if err := x.load(language); err != nil {
		return errors.Join(err, x.release())
	}
	return nil
}

// prepare verifies the folder and makes it ready for scorch. A writer removes
// the sum file, so that a process that dies leaves none.
func (x *Index) prepare() error {
	if x.readOnly {
		if _, err := os.Stat(filepath.Join(x.dir, rootFile)); err != nil {
			return fmt.Errorf("keyword: open %s: %w", x.dir, err)
		}
		return verify(x.dir, false)
	}
	if err := os.MkdirAll(x.dir, 0o755); err != nil {
		return fmt.Errorf("keyword: create %s: %w", x.dir, err)
	}
	if err := verify(x.dir, true); err != nil {
		return err
	}
	if err := os.Remove(filepath.Join(x.dir, sumFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("keyword: open %s for writing: %w", x.dir, err)
	}
	return nil
}

// load reads the recorded state and chooses the analyzer.
func (x *Index) load(language string) error {
	r, err := x.scorch.Reader()
	if err != nil {
		return fmt.Errorf("keyword: open %s: %w", x.dir, err)
	}
	defer func() { _ = r.Close() }()
	data, err := r.GetInternal(stateKey)
	if err != nil {
		return fmt.Errorf("keyword: open %s: %w", x.dir, err)
	}
	if data == nil {
		if language == "" {
			language = "en"
		}
		x.state = state{Language: language}
	} else if x.state, err = parseState(data); err != nil {
		return err
	}
	if language != "" && language != x.state.Language {
		return fmt.Errorf("keyword: open %s: %w: built with %q, asked for %q; rebuild it",
			x.dir, ErrLanguage, x.state.Language, language)
	}
	x.language = x.state.Language
	x.analyzer, err = newAnalyzer(x.language)
	return err
}

// Close releases the index. A clean close of a writer leaves a sum file, which
// the next Open checks every file against.
func (x *Index) Close() error {
	x.write.Lock()
	defer x.write.Unlock()
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.scorch == nil {
		return nil
	}
	err := x.release()
	if err != nil || x.readOnly || x.failed != nil {
		return err
	}
	return writeSums(x.dir)
}

func (x *Index) release() error {
	err := guard("close "+x.dir, x.scorch.Close)
	x.scorch = nil
	x.queue.Close()
	if err != nil {
		return fmt.Errorf("keyword: close %s: %w", x.dir, err)
	}
	return nil
}

// Destroy removes the index in dir and nothing else there; a folder without
// an index is left as it is. The index must not be open.
func Destroy(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("keyword: remove %s: %w", dir, err)
	}
	for _, e := range entries {
		if isOurs(e.Name()) {
			if err := os.Remove(filepath.Join(dir, e.Name())); err != nil {
				return fmt.Errorf("keyword: remove %s: %w", dir, err)
			}
		}
	}
	return nil
}

// LastChange is the number of the store's last change that the index holds; 0
// for a new one.
func (x *Index) LastChange() uint64 {
	x.write.Lock()
	defer x.write.Unlock()
	return x.state.LastChange
}

// Language is the analyzer that the index was built with.
func (x *Index) Language() string { return x.language }

// Count is the number of documents.
func (x *Index) Count() (uint64, error) {
	var n uint64
	err := x.read(func(r index.IndexReader) error {
		var err error
		n, err = r.DocCount()
		return err
	})
	return n, err
}

// Bytes is the size of the files of the index.
func (x *Index) Bytes() (int64, error) {
	entries, err := os.ReadDir(x.dir)
	if err != nil {
		return 0, fmt.Errorf("keyword: %w", err)
	}
	var n int64
	for _, e := range entries {
		if info, err := e.Info(); err == nil && isOurs(e.Name()) {
			n += info.Size()
		}
	}
	return n, nil
}

// read calls fn with a snapshot of the index that later batches leave alone.
func (x *Index) read(fn func(index.IndexReader) error) error {
	x.mu.RLock()
	defer x.mu.RUnlock()
	if x.scorch == nil {
		return fmt.Errorf("keyword: %w", ErrClosed)
	}
	return guard("read "+x.dir, func() error {
		r, err := x.scorch.Reader()
		if err != nil {
			return fmt.Errorf("keyword: %w", err)
		}
		defer func() { _ = r.Close() }()
		return fn(r)
	})
}
