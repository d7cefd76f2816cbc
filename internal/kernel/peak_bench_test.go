//go:build amd64 && !purego

package kernel

import "testing"

func BenchmarkPeak(b *testing.B) {
	for b.Loop() {
		peakAVX512(10000)
	}
	b.ReportMetric(2*16*24*10000*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOPS")
}
