package model

import "github.com/bertsearch/bertsearch/internal/nn"

// ForwardTokens computes the last hidden state of a batch, a row of HiddenSize
// values a token, and with o.Train the tape that BackwardTokens takes. Pooling
// and what follows it have no part in this.
func (t *Trainable) ForwardTokens(team *nn.Team, b *Batch, o ForwardOptions) ([]float32, *Tape, error) {
	h := t.Config().HiddenSize
	hidden := make([]float32, len(b.IDs)*h)
	tape, err := t.forth(team, b, o, func(c *chunk, x []float32) { copy(hidden[c.row*h:], x) })
	if err != nil {
		return nil, nil, err
	}
	if !o.Train {
		return hidden, nil, nil
	}
	return hidden, tape, nil
}

// BackwardTokens adds the gradient of a loss to those of the encoder's
// parameters: dhidden, rows×HiddenSize, is its gradient with respect to what
// ForwardTokens returned with the tape, which is used up.
func (t *Trainable) BackwardTokens(team *nn.Team, tape *Tape, dhidden []float32) {
	h := t.Config().HiddenSize
	t.back(team, tape, func(p *pass, c *chunk) { copy(p.d, dhidden[c.row*h:(c.row+c.rows())*h]) })
}
