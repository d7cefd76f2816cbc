package bertsearch

import (
	"log/slog"
	"time"
)

// Options configure a database. The zero value, and nil, are good defaults.
type Options struct {
	// ReadOnly opens without the right to write; many processes may do so at once.
	ReadOnly bool
	// LockTimeout is how long to wait for another process to close the
	// database; zero means one second.
	LockTimeout time.Duration
	// Engine is the vector index: "hnsw" (the default), "flat" (exact, slower)
	// or "coder" (github.com/coder/hnsw, for comparison). The database
	// remembers it; "" keeps what it has.
	Engine string
	// Language of the keyword index: an ISO 639-1 code such as "en" (the
	// default) or "de", or "standard" for no stemming. It is fixed when the
	// database is made; "" keeps what it has.
	Language string
	// Recall is the share of true nearest neighbours that the vector index
	// should find, 0 to 1; zero means 0.99 or better.
	Recall float64
	// LowMemory keeps the vector index's float32 vectors, three quarters of its
	// memory, out of the heap before they are first saved: in a temporary file
	// in the database's folder, which the system can drop from memory. Systems
	// that do not map files ignore it.
	LowMemory bool
	// Bucket is the name under which [Attach] keeps everything in the host's
	// database; "" means "bertsearch".
	Bucket string
	// DerivedDir is where [Attach] keeps the vector and the keyword index;
	// "" means a folder beside the host's file, named after it with
	// ".bertsearch" appended. Open ignores it.
	DerivedDir string
	// Logger hears of rebuilt indexes and the like; nil means silence.
	Logger *slog.Logger
}

// withDefaults returns a copy with the zero settings filled in.
func (o *Options) withDefaults() Options {
	var c Options
	if o != nil {
		c = *o
	}
	if c.LockTimeout == 0 {
		c.LockTimeout = time.Second
	}
	if c.Bucket == "" {
		c.Bucket = "bertsearch"
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}
