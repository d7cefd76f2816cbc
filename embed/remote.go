package embed

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/bertsearch/bertsearch/internal/nn"
)

// RemoteOptions say where a Remote asks and how.
type RemoteOptions struct {
	URL   string // of the API, "https://host/v1": "/embeddings" is added
	Model string // as the server calls it
	Key   string // API key, sent as a bearer token; "" is none

	QueryPrompt, PassagePrompt string // put before texts, where the model wants it

	Dimension    int           // of the vectors; 0 asks the server once
	BatchTexts   int           // most texts a request; 0 is 64
	PassageBytes int           // length at which a document is cut; 0 is 1000
	Overlap      int           // bytes of whole sentences repeated; 0 is an eighth of PassageBytes, negative none
	Retries      int           // further attempts after a failure that may pass; 0 is 4, negative none
	Backoff      time.Duration // wait before the first of them, doubled for each; 0 is half a second
	Client       *http.Client  // nil has a timeout of a minute
}

// Remote embeds by asking an OpenAI-compatible embeddings endpoint. How the
// server tokenises is not known, so documents are cut by length in bytes.
type Remote struct {
	options  RemoteOptions
	endpoint string
}

var _ Embedder = (*Remote)(nil)

// NewRemote returns an embedder for the endpoint in o. Unless o has the
// dimension it embeds one short text to learn it, and so finds a wrong address,
// key or model at once.
func NewRemote(ctx context.Context, o RemoteOptions) (*Remote, error) {
	u, err := url.Parse(o.URL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("embed: remote address %q is not an http or https URL", o.URL)
	}
	if o.Model == "" {
		return nil, errors.New("embed: a remote embedder needs the name of a model")
	}
	r := &Remote{options: o.settled(), endpoint: strings.TrimRight(o.URL, "/") + "/embeddings"}
	if r.options.Dimension == 0 {
		vectors, err := r.request(ctx, []string{"dimension"})
		if err != nil {
			return nil, err
		}
		r.options.Dimension = len(vectors[0])
	}
	return r, nil
}

// settled fills in the defaults.
func (o RemoteOptions) settled() RemoteOptions {
	if o.BatchTexts <= 0 {
		o.BatchTexts = 64
	}
	if o.PassageBytes <= 0 {
		o.PassageBytes = 1000
	}
	switch {
	case o.Overlap < 0:
		o.Overlap = 0
	case o.Overlap == 0:
		o.Overlap = o.PassageBytes / 8
	}
	o.Overlap = min(o.Overlap, o.PassageBytes/2)
	switch {
	case o.Retries < 0:
		o.Retries = 0
	case o.Retries == 0:
		o.Retries = 4
	}
	if o.Backoff <= 0 {
		o.Backoff = time.Second / 2
	}
	if o.Client == nil {
		o.Client = &http.Client{Timeout: time.Minute}
	}
	return o
}

// Dimension is the number of values in a vector.
func (r *Remote) Dimension() int { return r.options.Dimension }

// Name is the model's name on the server.
func (r *Remote) Name() string { return r.options.Model }

// Fingerprint names the endpoint, the model and what goes before the texts; a
// server that changes a model under its name cannot be noticed.
func (r *Remote) Fingerprint() string {
	o := r.options
	return fmt.Sprintf("remote %s %s %d %q %q", r.endpoint, o.Model, o.Dimension, o.QueryPrompt, o.PassagePrompt)
}

// Passages cuts on sentence borders into ranges of at most PassageBytes bytes,
// the title included; see [Embedder].
func (r *Remote) Passages(title, text string) []Span {
	if len(PassageText(title, text)) <= r.options.PassageBytes {
		return []Span{{0, len(text)}}
	}
	room := max(r.options.PassageBytes-len(title)-1, r.options.PassageBytes/4, 1)
	c := cutter{text: text, room: room, overlap: r.options.Overlap, measure: &byteMeasure{}}
	return c.cut()
}

// Embed returns a vector for each text; see [Embedder].
func (r *Remote) Embed(ctx context.Context, kind Kind, texts []string) ([][]float32, error) {
	prompt := r.options.PassagePrompt
	if kind != Passage {
		prompt = r.options.QueryPrompt
	}
	vectors := make([][]float32, 0, len(texts))
	for at := 0; at < len(texts); at += r.options.BatchTexts {
		part := make([]string, 0, r.options.BatchTexts)
		for _, text := range texts[at:min(at+r.options.BatchTexts, len(texts))] {
			part = append(part, strings.ToValidUTF8(prompt+text, "\uFFFD"))
		}
		got, err := r.request(ctx, part)
		if err != nil {
			return nil, err
		}
		for _, v := range got {
			if len(v) != r.options.Dimension {
				return nil, r.failure("the server sent a vector of %d values, want %d", len(v), r.options.Dimension)
			}
		}
		vectors = append(vectors, got...)
		progress(ctx, len(part), 0)
	}
	return vectors, nil
}

// request embeds texts, trying again where that may help.
func (r *Remote) request(ctx context.Context, texts []string) ([][]float32, error) {
	wait := r.options.Backoff
	for attempt := 0; ; attempt++ {
		vectors, err := r.try(ctx, texts)
		var again *temporary
		if !errors.As(err, &again) || attempt == r.options.Retries {
			return vectors, err
		}
		timer := time.NewTimer(max(wait, again.after))
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil, ctx.Err()
		case <-timer.C:
		}
		wait *= 2
	}
}

// temporary is an error that another attempt may not meet.
type temporary struct {
	error
	after time.Duration // the wait that the server asks for
}

func (t *temporary) Unwrap() error { return t.error }

func (r *Remote) failure(format string, args ...any) error {
	return fmt.Errorf("embed: %s: %w", r.endpoint, fmt.Errorf(format, args...))
}

// try makes one request.
func (r *Remote) try(ctx context.Context, texts []string) ([][]float32, error) {
	body, err := json.Marshal(map[string]any{"model": r.options.Model, "input": texts, "encoding_format": "float"})
	if err != nil {
		return nil, r.failure("%w", err)
	}
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, r.endpoint, bytes.NewReader(body))
	if err != nil {
		return nil, r.failure("%w", err)
	}
	q.Header.Set("Content-Type", "application/json")
	if r.options.Key != "" {
		q.Header.Set("Authorization", "Bearer "+r.options.Key)
	}
	response, err := r.options.Client.Do(q)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, &temporary{error: r.failure("%w", err)}
	}
	defer func() { _ = response.Body.Close() }() // only read
	const largest = 1 << 28
	answer, err := io.ReadAll(io.LimitReader(response.Body, largest))
	if err != nil {
		return nil, &temporary{error: r.failure("read the answer: %w", err)}
	}
	if response.StatusCode != http.StatusOK {
		return nil, r.refusal(response, answer)
	}
	vectors, err := decodeAnswer(answer, len(texts))
	if err != nil {
		return nil, r.failure("%w", err)
	}
	return vectors, nil
}

// refusal is the error for an answer that is not 200 OK. Too many requests and
// trouble on the server's side may pass.
func (r *Remote) refusal(response *http.Response, answer []byte) error {
	var detail struct {
		Error struct{ Message string }
	}
	text := strings.TrimSpace(string(answer[:min(len(answer), 200)]))
	if json.Unmarshal(answer, &detail) == nil && detail.Error.Message != "" {
		text = detail.Error.Message
	}
	err := r.failure("the server answered %s: %s", response.Status, text)
	if response.StatusCode != http.StatusTooManyRequests && response.StatusCode < 500 {
		return err
	}
	const patience = time.Minute
	seconds, _ := strconv.Atoi(response.Header.Get("Retry-After"))
	return &temporary{err, min(max(time.Duration(seconds), 0)*time.Second, patience)}
}

// decodeAnswer reads n vectors, which may come in any order, and scales them to
// length 1.
func decodeAnswer(answer []byte, n int) ([][]float32, error) {
	var parsed struct {
		Data []struct {
			Index     int       `json:"index"`
			Embedding []float32 `json:"embedding"`
		} `json:"data"`
	}
	if err := json.Unmarshal(answer, &parsed); err != nil {
		return nil, fmt.Errorf("the answer is not an embeddings response: %w", err)
	}
	if len(parsed.Data) != n {
		return nil, fmt.Errorf("the answer has %d vectors for %d texts", len(parsed.Data), n)
	}
	vectors := make([][]float32, n)
	for _, d := range parsed.Data {
		if d.Index < 0 || d.Index >= n || vectors[d.Index] != nil {
			return nil, fmt.Errorf("the answer has a wrong or repeated index %d", d.Index)
		}
		if len(d.Embedding) == 0 {
			return nil, fmt.Errorf("the answer has an empty vector for text %d", d.Index)
		}
		for _, v := range d.Embedding {
			if math.IsInf(float64(v), 0) || math.IsNaN(float64(v)) {
				return nil, fmt.Errorf("the answer has a vector with %g for text %d", v, d.Index)
			}
		}
		nn.Normalize(d.Embedding)
		vectors[d.Index] = d.Embedding
	}
	return vectors, nil
}
