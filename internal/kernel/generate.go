package kernel

//go:generate go run -C _gen . -file gemm_avx512 -out ../gemm_avx512_amd64.s -stubs ../gemm_avx512_amd64.go -pkg kernel
//go:generate go run -C _gen . -file gemm_avx2 -out ../gemm_avx2_amd64.s -stubs ../gemm_avx2_amd64.go -pkg kernel
//go:generate go run -C _gen . -file peak -out ../peak_amd64.s -stubs ../peak_amd64.go -pkg kernel
//go:generate go run -C _gen . -file softmax -out ../softmax_amd64.s -stubs ../softmax_amd64.go -pkg kernel
//go:generate go run -C _gen . -file activation -out ../activation_amd64.s -stubs ../activation_amd64.go -pkg kernel
//go:generate go run -C _gen . -file layernorm -out ../layernorm_amd64.s -stubs ../layernorm_amd64.go -pkg kernel
//go:generate go run -C _gen . -file half -out ../half_amd64.s -stubs ../half_amd64.go -pkg kernel
//go:generate go run -C _gen . -file dot -out ../dot_rows_amd64.s -stubs ../dot_rows_stubs_amd64.go -pkg kernel
//go:generate go run -C _gen . -file pack -out ../pack_amd64.s -stubs ../pack_amd64.go -pkg kernel
//go:generate go run -C _gen . -file int8 -out ../int8_amd64.s -stubs ../int8_amd64.go -pkg kernel
//go:generate go run -C _gen ./neon -out ../gemm_neon_arm64.s
//go:generate go run -C _gen ./neon -file dot -out ../dot_rows_neon_arm64.s
//go:generate go run -C _gen . -file bf16 -out ../bf16_amd64.s -stubs ../bf16_amd64.go -pkg kernel
//go:generate go run -C _gen . -file axpy -out ../axpy_amd64.s -stubs ../axpy_amd64.go -pkg kernel
//go:generate go run -C _gen . -file transpose -out ../transpose_amd64.s -stubs ../transpose_amd64.go -pkg kernel
//go:generate go run -C _gen . -file activation_backward -out ../activation_backward_amd64.s -stubs ../activation_backward_amd64.go -pkg kernel
//go:generate go run -C _gen . -file adamw -out ../adamw_amd64.s -stubs ../adamw_amd64.go -pkg kernel
//go:generate go run -C _gen . -file layernorm_backward -out ../layernorm_backward_amd64.s -stubs ../layernorm_backward_amd64.go -pkg kernel
