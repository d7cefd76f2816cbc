package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// peak writes loops of nothing but independent multiply-adds.
func peak() {
	peakLoop("peakAVX512", "peakAVX512 runs n times 24 multiply-adds of 16 float32.", zmm[:24])
	peakLoop("peakAVX2", "peakAVX2 runs n times 12 multiply-adds of 8 float32.", ymm[:12])
}

func peakLoop(name, doc string, acc []reg.VecPhysical) {
	TEXT(name, NOSPLIT, "func(n int)")
	Doc(doc)
	Load(Param("n"), reg.RAX)
	for _, a := range acc {
		VXORPS(a.AsX(), a.AsX(), a.AsX())
	}
	Label("loop")
	for _, a := range acc {
		VFMADD231PS(acc[0], acc[0], a)
	}
	DECQ(reg.RAX)
	JNZ(LabelRef("loop"))
	VZEROUPPER()
	RET()
}
