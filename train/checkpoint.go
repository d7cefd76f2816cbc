package train

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"math"
	"os"

	"github.com/bertsearch/bertsearch/model"
)

// # Format of a checkpoint
//
// Version 1 (2026), the first. Numbers are little endian.
//
//	magic "bertsearch-run\n", version u32, identity [32]byte
//	length u32, state as JSON
//	values of each parameter in order, f32
//	has-best u8, and if it is 1 the best values of each parameter, f32
//	state of the optimiser, see [AdamW]
//	CRC-32C of all before it, u32
//
// It is written beside the file it replaces, and takes its place when it is whole.
const checkpointVersion = 1

const checkpointMagic = "bertsearch-run\n"

// ErrCheckpoint: a checkpoint that cannot be gone on from, being damaged or of
// another run. Remove it to begin afresh.
var ErrCheckpoint = errors.New("unusable checkpoint")

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// identify hashes everything that decides how the run goes, so that no run goes
// on from the state of another.
func (r *run) identify(m Model) [32]byte {
	h := sha256.New()
	encoder := json.NewEncoder(h)
	err := encoder.Encode([]any{m.Sentence.Digest, m.Tokens.Fingerprint(), r.recipe, r.control.Measure != nil})
	for _, e := range r.examples {
		err = errors.Join(err, encoder.Encode(e))
	}
	if err != nil {
		panic(err) // numbers, checked to be finite, and strings
	}
	return [32]byte(h.Sum(nil))
}

// checkpoint is the run's.
func (r *run) checkpoint() *Checkpoint {
	return &Checkpoint{r.control.Checkpoint, r.identity, &r.state, r.params, &r.state.best, r.optimizer}
}

// save writes the checkpoint, if there is to be one.
func (r *run) save() error { return r.checkpoint().Save() }

// resume reads the checkpoint, if there is one.
func (r *run) resume() error {
	found, err := r.checkpoint().Load()
	if found {
		r.refresh(nil)
	}
	return err
}

// Checkpoint is the state of a run and the file that keeps it.
type Checkpoint struct {
	Path      string   // "" is no file: Save and Load do nothing
	Identity  [32]byte // of everything that decides how the run goes
	State     any      // points to what is kept as JSON
	Params    []*model.Param
	Best      *[][]float32 // values of each parameter that were best so far; nil while there are none
	Optimizer *AdamW
}

// Save writes the file.
func (c *Checkpoint) Save() error {
	if c.Path == "" {
		return nil
	}
	err := replaceFile(c.Path, func(f io.Writer) error {
		sum := crc32.New(castagnoli)
		w := bufio.NewWriterSize(io.MultiWriter(f, sum), 1<<20)
		if err := errors.Join(c.encode(w), w.Flush()); err != nil {
			return err
		}
		_, err := f.Write(binary.LittleEndian.AppendUint32(nil, sum.Sum32()))
		return err
	})
	if err != nil {
		return fmt.Errorf("train: checkpoint %s: %w", c.Path, err)
	}
	return nil
}

// replaceFile writes a file beside path and lets it take the place once it is
// on disk.
func replaceFile(path string, write func(io.Writer) error) error {
	partial := path + ".partial"
	f, err := os.Create(partial)
	if err != nil {
		return err
	}
	if err := errors.Join(write(f), f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(partial))
	}
	return os.Rename(partial, path)
}

// encode writes all but the checksum.
func (c *Checkpoint) encode(w *bufio.Writer) error {
	text, err := json.Marshal(c.State)
	if err != nil {
		return err
	}
	head := binary.LittleEndian.AppendUint32([]byte(checkpointMagic), checkpointVersion)
	head = append(head, c.Identity[:]...)
	head = binary.LittleEndian.AppendUint32(head, uint32(len(text)))
	if _, err := w.Write(append(head, text...)); err != nil {
		return err
	}
	for _, p := range c.Params {
		if err := writeFloats(w, p.Value); err != nil {
			return err
		}
	}
	if err := w.WriteByte(byte(min(len(*c.Best), 1))); err != nil {
		return err
	}
	for _, values := range *c.Best {
		if err := writeFloats(w, values); err != nil {
			return err
		}
	}
	_, err = c.Optimizer.WriteTo(w)
	return err
}

// Load reads the file and says whether there was one. After an error the
// values are of no use. Whoever packs values packs them again.
func (c *Checkpoint) Load() (bool, error) {
	if c.Path == "" {
		return false, nil
	}
	f, err := os.Open(c.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("train: checkpoint: %w", err)
	}
	defer func() { _ = f.Close() }() // only read
	size, err := verifyChecksum(f)
	if err == nil {
		err = c.decode(bufio.NewReaderSize(io.NewSectionReader(f, 0, size), 1<<20))
	}
	if errors.Is(err, ErrCheckpoint) {
		err = fmt.Errorf("%w: remove the file to train from the first step again", err)
	}
	if err != nil {
		return false, fmt.Errorf("train: checkpoint %s: %w", c.Path, err)
	}
	return true, nil
}

// verifyChecksum reads all of a checkpoint and returns its size without the checksum.
func verifyChecksum(f *os.File) (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	size := info.Size() - crc32.Size
	if size < 0 {
		return 0, fmt.Errorf("%w: %d bytes", ErrCheckpoint, info.Size())
	}
	sum := crc32.New(castagnoli)
	if _, err := io.Copy(sum, io.NewSectionReader(f, 0, size)); err != nil {
		return 0, err
	}
	var stored [crc32.Size]byte
	if _, err := f.ReadAt(stored[:], size); err != nil {
		return 0, err
	}
	if binary.LittleEndian.Uint32(stored[:]) != sum.Sum32() {
		return 0, fmt.Errorf("%w: its checksum does not fit", ErrCheckpoint)
	}
	return size, nil
}

// decode reads all but the checksum.
func (c *Checkpoint) decode(f *bufio.Reader) error {
	head := make([]byte, len(checkpointMagic)+4+len(c.Identity)+4)
	if _, err := io.ReadFull(f, head); err != nil {
		return short(err)
	}
	rest, ok := bytes.CutPrefix(head, []byte(checkpointMagic))
	if !ok {
		return fmt.Errorf("%w: it is none of ours", ErrCheckpoint)
	}
	if v := binary.LittleEndian.Uint32(rest); v != checkpointVersion {
		return fmt.Errorf("%w: version %d, this program reads %d", ErrCheckpoint, v, checkpointVersion)
	}
	if !bytes.Equal(rest[4:36], c.Identity[:]) {
		return fmt.Errorf("%w: it belongs to a run with another model, other examples or other options", ErrCheckpoint)
	}
	const longest = 1 << 28
	n := binary.LittleEndian.Uint32(rest[36:])
	if n > longest {
		return fmt.Errorf("%w: a state of %d bytes", ErrCheckpoint, n)
	}
	text, err := io.ReadAll(io.LimitReader(f, int64(n)))
	if err != nil {
		return short(err)
	}
	if err := json.Unmarshal(text, c.State); err != nil {
		return fmt.Errorf("%w: %v", ErrCheckpoint, err)
	}
	return c.decodeWeights(f)
}

// decodeWeights reads what follows the state.
func (c *Checkpoint) decodeWeights(f *bufio.Reader) error {
	for _, p := range c.Params {
		if err := readFloats(f, p.Value); err != nil {
			return err
		}
	}
	hasBest, err := f.ReadByte()
	if err != nil {
		return short(err)
	}
	if hasBest != 0 {
		*c.Best = copyValues(c.Params)
		for _, values := range *c.Best {
			if err := readFloats(f, values); err != nil {
				return err
			}
		}
	}
	if _, err := c.Optimizer.ReadFrom(f); err != nil {
		return fmt.Errorf("%w: %v", ErrCheckpoint, err)
	}
	if _, err := f.ReadByte(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: it goes on where it should end", ErrCheckpoint)
	}
	return nil
}

// short says that a checkpoint ends early.
func short(err error) error { return fmt.Errorf("%w: %v", ErrCheckpoint, err) }

// floatsAtOnce is how many values are converted at a time.
const floatsAtOnce = 1 << 14

func writeFloats(w io.Writer, values []float32) error {
	buffer := make([]byte, 0, 4*min(len(values), floatsAtOnce))
	for len(values) > 0 {
		n := min(len(values), floatsAtOnce)
		buffer = buffer[:0]
		for _, v := range values[:n] {
			buffer = binary.LittleEndian.AppendUint32(buffer, math.Float32bits(v))
		}
		if _, err := w.Write(buffer); err != nil {
			return err
		}
		values = values[n:]
	}
	return nil
}

func readFloats(r io.Reader, values []float32) error {
	buffer := make([]byte, 4*min(len(values), floatsAtOnce))
	for len(values) > 0 {
		n := min(len(values), floatsAtOnce)
		if _, err := io.ReadFull(r, buffer[:4*n]); err != nil {
			return short(err)
		}
		for i := range values[:n] {
			values[i] = math.Float32frombits(binary.LittleEndian.Uint32(buffer[4*i:]))
		}
		values = values[n:]
	}
	return nil
}
