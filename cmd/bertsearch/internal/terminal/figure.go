package terminal

import (
	"fmt"
	"strconv"
	"time"
)

// Count writes a whole number with commas: 12,345.
func Count(n int) string {
	digits := strconv.Itoa(n)
	sign := ""
	if n < 0 {
		sign, digits = "-", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

// Rate writes a number a second with the digits that matter: 0.42, 7.1, 312, 12,345.
func Rate(r float64) string {
	switch {
	case r < 1:
		return strconv.FormatFloat(r, 'f', 2, 64)
	case r < 10:
		return strconv.FormatFloat(r, 'f', 1, 64)
	}
	return Count(int(r + 0.5))
}

// Bytes writes a size in decimal units: 999 B, 1.2 kB, 45 MB.
func Bytes(n int64) string {
	if n < 1000 {
		return fmt.Sprintf("%d B", n)
	}
	size, unit := float64(n)/1000, 0
	for size >= 999.5 && unit < len("kMGTPE")-1 {
		size, unit = size/1000, unit+1
	}
	decimals := 0
	if size < 9.95 {
		decimals = 1
	}
	return fmt.Sprintf("%.*f %cB", decimals, size, "kMGTPE"[unit])
}

// Clock writes a duration to the second: 0:07, 12:34, 1:02:03.
func Clock(d time.Duration) string {
	s := int(d.Round(time.Second) / time.Second)
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}
