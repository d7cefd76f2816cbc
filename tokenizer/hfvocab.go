package tokenizer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
)

// spareIDs is how many ids a vocabulary may leave without a token, beside one for each token.
const spareIDs = 1000

// parseIDs reads a vocabulary written as a JSON object from token to id into a list by id. It expects valid JSON, as
// it comes out of encoding/json, whose maps would take most of the time of loading a model's tokenizer. Gaps
// between ids are bounded, since the list has room for each.
func parseIDs(data []byte) ([]string, error) {
	r := objectReader{data: bytes.TrimSpace(data)}
	if len(r.data) == 0 || r.data[0] != '{' {
		return nil, fmt.Errorf("the model's vocab is not an object from token to id")
	}
	var list []string
	count := 0
	for {
		token, id, ok, err := r.next()
		if err != nil {
			return nil, err
		}
		if !ok {
			break
		}
		if count++; token == "" { // nothing can match it
			continue
		}
		if id < 0 || id > len(r.data)+spareIDs {
			return nil, fmt.Errorf("token %q has the id %d, which no vocabulary of %d bytes reaches", token, id, len(r.data))
		}
		for id >= len(list) {
			list = append(list, "")
		}
		if list[id] != "" && list[id] != token {
			return nil, fmt.Errorf("tokens %q and %q share the id %d", list[id], token, id)
		}
		list[id] = token
	}
	if len(list) > 2*count+spareIDs {
		return nil, fmt.Errorf("ids reach %d but there are only %d tokens", len(list)-1, count)
	}
	return list, nil
}

// objectReader walks over a valid JSON object whose values are numbers.
type objectReader struct {
	data []byte
	at   int // behind the last member
}

// next reads a member; ok is false at the end of the object.
func (r *objectReader) next() (token string, id int, ok bool, err error) {
	start := bytes.IndexByte(r.data[r.at:], '"')
	if start < 0 {
		return "", 0, false, nil
	}
	start += r.at
	end, escaped := start+1, false
	for ; r.data[end] != '"'; end++ {
		if r.data[end] == '\\' {
			escaped = true
			end++
		}
	}
	end++
	if escaped {
		err = json.Unmarshal(r.data[start:end], &token)
	} else {
		token = string(bytes.ToValidUTF8(r.data[start+1:end-1], []byte("\uFFFD")))
	}
	if err != nil {
		return "", 0, false, err
	}
	stop := end + bytes.IndexAny(r.data[end:], ",}")
	value := bytes.TrimSpace(r.data[end:stop])
	if len(value) > 0 && value[0] == ':' {
		value = bytes.TrimSpace(value[1:])
	}
	if id, err = strconv.Atoi(string(value)); err != nil {
		return "", 0, false, fmt.Errorf("the model's vocab gives token %q the id %.40q, which is no whole number", token, value)
	}
	r.at = stop + 1
	return token, id, true, nil
}
