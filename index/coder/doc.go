// Package coder puts github.com/coder/hnsw behind index.Vector, so that it
// can be compared with the other engines on one's own data.
//
// The library, at v0.6.1, finds few of the true neighbours, and its graph
// breaks when nodes are deleted: deleting the last node of an upper layer
// leaves the layer empty, and the next search dereferences a nil entry. This
// package therefore never deletes: what is gone is left in the graph under a
// key that no longer counts, and the graph is built again when most of it is
// gone. A panic inside the library is caught, and an answer that the graph
// cannot give, or gives too short, comes from an exact scan.
package coder

// Name is the engine's name in Stats and in snapshots.
const Name = "coder"
