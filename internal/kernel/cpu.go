package kernel

import (
	"fmt"
	"os"
	"strings"
)

// Level names a set of instructions that the kernels are written for. Within
// one architecture a higher level includes the lower ones.
type Level int

// The levels. Generic is plain Go.
const (
	Generic    Level = iota
	NEON             // arm64: 128-bit vectors
	AVX2             // amd64: AVX2, FMA and F16C
	AVX512           // amd64: AVX-512 F, BW, DQ and VL
	AVX512VNNI       // amd64: AVX512 and the int8 dot products of VNNI
)

// Environment is the variable that forces a level for a whole process, for
// tests and for comparing speeds: BERTSEARCH_KERNEL=generic.
const Environment = "BERTSEARCH_KERNEL"

var levelNames = [...]string{
	Generic:    "generic",
	NEON:       "neon",
	AVX2:       "avx2",
	AVX512:     "avx512",
	AVX512VNNI: "avx512vnni",
}

// String returns the name that BERTSEARCH_KERNEL takes.
func (l Level) String() string {
	if l < 0 || int(l) >= len(levelNames) {
		return fmt.Sprintf("Level(%d)", int(l))
	}
	return levelNames[l]
}

// supported lists the levels of this build and processor, slowest first.
var supported = detect()

// active is the level in use; settingErr says why the environment's wish was
// not met. Only tests change active after start.
var active, settingErr = choose(os.Getenv(Environment), supported)

// Active returns the level in use.
func Active() Level { return active }

// Setting returns an error when BERTSEARCH_KERNEL names a level that does not
// exist or that this processor lacks. The best level is in use then, so that
// a setting carried to another machine costs a warning and not the program.
func Setting() error { return settingErr }

// choose returns the level called name, or the best of levels when name is
// empty or cannot be had.
func choose(name string, levels []Level) (Level, error) {
	best := levels[len(levels)-1]
	if name == "" {
		return best, nil
	}
	names := make([]string, len(levels))
	for i, l := range levels {
		if strings.EqualFold(name, l.String()) {
			return l, nil
		}
		names[i] = l.String()
	}
	return best, fmt.Errorf("kernel: %s=%q cannot be used here: choose one of %s; using %s",
		Environment, name, strings.Join(names, ", "), best)
}
