// Command _gen writes the assembly of package kernel: one file a kernel family
// and instruction set. Run it with "go generate" in internal/kernel.
package main

import (
	"flag"
	"fmt"
	"os"
	"sort"

	. "github.com/mmcloughlin/avo/build"
)

// files maps the name given on the command line to what writes that file.
var files = map[string]func(){
	"gemm_avx512":         gemmAVX512,
	"gemm_avx2":           gemmAVX2,
	"dot":                 dot,
	"peak":                peak,
	"softmax":             softmax,
	"activation":          activations,
	"layernorm":           layerNorm,
	"activation_backward": slopes,
	"half":                half,
	"int8":                int8VNNI,
	"adamw":               adamW,
	"layernorm_backward":  layerNormBackward,
	"axpy":                axpy,
	"bf16":                bf16,
	"pack":                packing,
	"transpose":           transposing,
}

func main() {
	name := flag.String("file", "", "the kernel family to write")
	flag.Parse()
	write, ok := files[*name]
	if !ok {
		var names []string
		for n := range files {
			names = append(names, n)
		}
		sort.Strings(names)
		fmt.Fprintf(os.Stderr, "_gen: no kernel file %q; choose one of %v\n", *name, names)
		os.Exit(2)
	}
	ConstraintExpr("!purego")
	write()
	Generate()
}
