package keyword

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"strings"
	"testing"
)

// An index of another version, whose terms a query would not become, is to be rebuilt.
func TestAnotherVersion(t *testing.T) {
	for _, version := range []byte{0, stateVersion - 1, stateVersion + 1} {
		data := state{LastChange: 7, Language: "en"}.bytes()
		data[0] = version
		body := data[:len(data)-4]
		binary.LittleEndian.PutUint32(data[len(body):], crc32.Checksum(body, castagnoli))
		if _, err := parseState(data); !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), "format") {
			t.Errorf("version %d: %v", version, err)
		}
	}
}
