# bertsearch: `make demo` and `make test` need Go and the module proxy, nothing else.
SHELL := /bin/bash
.DEFAULT_GOAL := build
BIN := bin/bertsearch
SHARED ?= ../shared
GOLANGCI := go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
export CGO_ENABLED ?= 0

.PHONY: build demo test race kernels parity accept bench peers lint cover fuzz generate clean

## build: the program, in bin/
build:
	go build -trimpath -o $(BIN) ./cmd/bertsearch

## demo: index Go's own documentation and ask it questions in plain English
demo: build
	./scripts/demo $(BIN)

## test: every test that needs nothing beside this repository
test:
	go vet ./...
	go test ./...

## race: what is used from many goroutines, under the race detector (needs a C compiler)
race:
	CGO_ENABLED=1 go test -race -short -timeout 30m . ./embed/... ./index/keyword/... ./internal/nn/...
	CGO_ENABLED=1 go test -race -short -timeout 30m -run 'Suite/(Concurrent|Random)|WhileWriting|WaitForSearches' ./index/hnsw ./index/flat ./index/internal/...

## kernels: the numeric packages on each path this processor has
kernels:
	./scripts/kernels

## parity: tokens and embeddings against Hugging Face's, ranking against published figures
parity:
	SHARED=$(SHARED) ./scripts/parity

## accept: the acceptance checks, from outside
accept:
	python3 $(SHARED)/accept/accept.py .

## bench: every benchmark, once
bench:
	go test -run '^$$' -bench . -benchtime 0.5s ./...

## peers: the encoder beside OpenVINO and ONNX Runtime, in alternating rounds (docs/performance.md)
PEERS ?= ../peers
peers: build
	./scripts/peers --binary $(BIN) --peers $(PEERS) --shared $(SHARED)

## lint: golangci-lint with the settings of .golangci.yml
lint:
	$(GOLANGCI) run ./...

## cover: coverage, as a table and as coverage.html
cover:
	go test -coverprofile=coverage.out ./...
	go tool cover -func=coverage.out | tail -1
	go tool cover -html=coverage.out -o coverage.html

## fuzz: each fuzz target for FUZZTIME
FUZZTIME ?= 10s
fuzz:
	./scripts/fuzz $(FUZZTIME)

## generate: assembly from its generators
generate:
	go generate ./internal/kernel

## clean: what the targets above made
clean:
	rm -rf bin coverage.out coverage.html
