package embed

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// fakeAPI answers like an OpenAI-compatible server: a text's vector is its
// length and 1, and the vectors come in reverse order.
func fakeAPI(w http.ResponseWriter, q *http.Request) {
	var body struct {
		Model string
		Input []string
	}
	if q.URL.Path != "/v1/embeddings" || q.Header.Get("Authorization") != "Bearer secret" || json.NewDecoder(q.Body).Decode(&body) != nil || body.Model != "m" {
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(w, `{"error":{"message":"wrong key"}}`)
		return
	}
	type item struct {
		Index     int       `json:"index"`
		Embedding []float32 `json:"embedding"`
	}
	var items []item
	for i, text := range slices.Backward(body.Input) {
		items = append(items, item{i, []float32{float32(len(text)), 1}})
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"data": items})
}

func newRemote(t *testing.T, handler http.HandlerFunc, change func(*RemoteOptions)) (*Remote, error) {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	o := RemoteOptions{URL: server.URL + "/v1/", Model: "m", Key: "secret", QueryPrompt: "q:", BatchTexts: 3, Backoff: time.Millisecond, Retries: 2}
	if change != nil {
		change(&o)
	}
	return NewRemote(context.Background(), o)
}

func TestRemote(t *testing.T) {
	r, err := newRemote(t, fakeAPI, nil)
	if err != nil {
		t.Fatal(err)
	}
	if r.Dimension() != 2 || r.Name() != "m" || !strings.Contains(r.Fingerprint(), "/v1/embeddings m 2") {
		t.Errorf("dimension %d, name %q, fingerprint %q", r.Dimension(), r.Name(), r.Fingerprint())
	}
	var texts []string
	for i := range 8 {
		texts = append(texts, strings.Repeat("a", i))
	}
	got, err := r.Embed(context.Background(), Query, texts)
	if err != nil || len(got) != 8 {
		t.Fatal(got, err)
	}
	for i, v := range got {
		if cosine(v, []float32{float32(i + 2), 1}) < 0.999999 || cosine(v, v) < 0.999999 {
			t.Errorf("text %d has vector %v", i, v)
		}
	}
}

func TestRemoteRetries(t *testing.T) {
	for _, status := range []int{http.StatusTooManyRequests, http.StatusBadGateway} {
		var calls atomic.Int32
		r, err := newRemote(t, func(w http.ResponseWriter, q *http.Request) {
			if calls.Add(1) < 3 {
				w.WriteHeader(status)
				return
			}
			fakeAPI(w, q)
		}, nil)
		if err != nil || r.Dimension() != 2 || calls.Load() != 3 {
			t.Errorf("after %d twice: %v, %d calls", status, err, calls.Load())
		}
	}
	var calls atomic.Int32
	_, err := newRemote(t, func(w http.ResponseWriter, _ *http.Request) {
		calls.Add(1)
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = io.WriteString(w, "come back later")
	}, nil)
	if err == nil || !strings.Contains(err.Error(), "503") || !strings.Contains(err.Error(), "come back later") || calls.Load() != 3 {
		t.Errorf("a server that stays away: %v after %d calls", err, calls.Load())
	}
}

func TestRemoteFailures(t *testing.T) {
	var calls atomic.Int32
	_, err := newRemote(t, func(w http.ResponseWriter, q *http.Request) { calls.Add(1); fakeAPI(w, q) }, func(o *RemoteOptions) { o.Key = "" })
	if err == nil || !strings.Contains(err.Error(), "wrong key") || calls.Load() != 1 {
		t.Errorf("a wrong key: %v after %d calls", err, calls.Load())
	}
	for answer, want := range map[string]string{
		`<html>`:                                 "not an embeddings response",
		`{"data":[]}`:                            "0 vectors for 1 texts",
		`{"data":[{"index":1,"embedding":[1]}]}`: "index 1",
		`{"data":[{"index":0,"embedding":[]}]}`:  "empty vector",
		`{"data":[{"index":0,"embedding":[1]}]}`: "1 values, want 2",
	} {
		r, err := newRemote(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, answer) }, func(o *RemoteOptions) { o.Dimension = 2 })
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Embed(context.Background(), Passage, []string{"a"}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("answer %s: error %v, want %q", answer, err, want)
		}
	}
	for _, o := range []RemoteOptions{{URL: "nix", Model: "m"}, {URL: "ftp://host", Model: "m"}, {URL: "http://host"}} {
		if _, err := NewRemote(context.Background(), o); err == nil {
			t.Errorf("no error for %+v", o)
		}
	}
}

func TestRemoteCancel(t *testing.T) {
	r, err := newRemote(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) },
		func(o *RemoteOptions) { o.Dimension, o.Backoff = 2, time.Hour })
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if _, err := r.Embed(ctx, Passage, []string{"a"}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a wait between attempts ends with %v", err)
	}
}

func TestRemotePassages(t *testing.T) {
	r, err := newRemote(t, fakeAPI, func(o *RemoteOptions) { o.PassageBytes = 50 })
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Repeat("A short sentence. ", 20)
	spans := r.Passages("Title", text)
	for _, s := range spans {
		if n := len(PassageText("Title", text[s.Start:s.End])); n > 50 {
			t.Errorf("a passage of %d bytes", n)
		}
	}
	if len(spans) < 8 || spans[len(spans)-1].End != len(text)-1 {
		t.Errorf("cut into %v", spans)
	}
	if got := r.Passages("", "short"); len(got) != 1 || got[0] != (Span{0, 5}) {
		t.Errorf("a short text is cut into %v", got)
	}
}
