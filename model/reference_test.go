package model

import (
	"fmt"
	"math"
)

// reference computes BERT in float64, the plainest way, from the tensors of a
// checkpoint: what the encoder is compared with.
type reference struct {
	c       Config
	tensors map[string]tensor
}

// encode returns the last hidden state of one text, a slice a token.
func (r reference) encode(ids []int32, types []uint8) [][]float64 {
	x := make([][]float64, len(ids))
	for i, id := range ids {
		x[i] = make([]float64, r.c.HiddenSize)
		for j := range x[i] {
			x[i][j] = r.at("embeddings.word_embeddings.weight", int(id), j) +
				r.at("embeddings.position_embeddings.weight", i, j) +
				r.at("embeddings.token_type_embeddings.weight", int(types[i]), j)
		}
	}
	x = r.norm("embeddings.LayerNorm", x)
	for i := range r.c.HiddenLayers {
		x = r.layer(fmt.Sprintf("encoder.layer.%d.", i), x)
	}
	return x
}

func (r reference) at(name string, row, column int) float64 {
	t := r.tensors[name]
	return float64(t.data[row*t.shape[1]+column])
}

func (r reference) layer(name string, x [][]float64) [][]float64 {
	attended := r.attention(name+"attention.self.", x)
	a := r.norm(name+"attention.output.LayerNorm", sum(x, r.linear(name+"attention.output.dense", attended)))
	inner := r.linear(name+"intermediate.dense", a)
	for i := range inner {
		for j, v := range inner[i] {
			inner[i][j] = r.activation(v)
		}
	}
	return r.norm(name+"output.LayerNorm", sum(a, r.linear(name+"output.dense", inner)))
}

func (r reference) activation(v float64) float64 {
	switch r.c.HiddenAct {
	case "relu":
		return math.Max(v, 0)
	case "gelu":
		return v * 0.5 * (1 + math.Erf(v/math.Sqrt2))
	}
	return 0.5 * v * (1 + math.Tanh(math.Sqrt(2/math.Pi)*(v+0.044715*v*v*v)))
}

func (r reference) attention(name string, x [][]float64) [][]float64 {
	q, k, v := r.linear(name+"query", x), r.linear(name+"key", x), r.linear(name+"value", x)
	size := r.c.HiddenSize / r.c.AttentionHeads
	out := make([][]float64, len(x))
	for i := range x {
		out[i] = make([]float64, r.c.HiddenSize)
		for head := range r.c.AttentionHeads {
			weights := make([]float64, len(x))
			total := 0.0
			for j := range x {
				dot := 0.0
				for d := head * size; d < (head+1)*size; d++ {
					dot += q[i][d] * k[j][d]
				}
				weights[j] = math.Exp(dot / math.Sqrt(float64(size)))
				total += weights[j]
			}
			for j := range x {
				for d := head * size; d < (head+1)*size; d++ {
					out[i][d] += weights[j] / total * v[j][d]
				}
			}
		}
	}
	return out
}

func (r reference) linear(name string, x [][]float64) [][]float64 {
	bias := r.tensors[name+".bias"].data
	out := make([][]float64, len(x))
	for i := range x {
		out[i] = make([]float64, len(bias))
		for n := range bias {
			out[i][n] = float64(bias[n])
			for k, v := range x[i] {
				out[i][n] += v * r.at(name+".weight", n, k)
			}
		}
	}
	return out
}

func (r reference) norm(name string, x [][]float64) [][]float64 {
	gamma, beta := r.tensors[name+".weight"].data, r.tensors[name+".bias"].data
	out := make([][]float64, len(x))
	for i, row := range x {
		mean, square := 0.0, 0.0
		for _, v := range row {
			mean += v / float64(len(row))
		}
		for _, v := range row {
			square += (v - mean) * (v - mean) / float64(len(row))
		}
		out[i] = make([]float64, len(row))
		for j, v := range row {
			out[i][j] = (v-mean)/math.Sqrt(square+r.c.LayerNormEps)*float64(gamma[j]) + float64(beta[j])
		}
	}
	return out
}

func sum(a, b [][]float64) [][]float64 {
	out := make([][]float64, len(a))
	for i := range a {
		out[i] = make([]float64, len(a[i]))
		for j := range a[i] {
			out[i][j] = a[i][j] + b[i][j]
		}
	}
	return out
}
