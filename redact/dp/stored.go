package dp

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/purposebound/purposebound/redact"
)

// format is the first line of a stored account; format.md describes it.
const format = "purposebound.dp.account.v1"

type storedAccount struct {
	Format   string           `json:"format"`
	Purpose  string           `json:"purpose"`
	Release  string           `json:"release"`
	Epsilon  string           `json:"epsilon"`
	Delta    string           `json:"delta"`
	Slack    string           `json:"slack"`
	Sequence uint64           `json:"sequence"`
	Spent    []storedSpending `json:"spent"`
}

type storedSpending struct {
	Epsilon string `json:"epsilon"`
	Delta   string `json:"delta"`
	Times   int64  `json:"times"`
}

// MarshalText returns the stored form of an account, which format.md describes: one line of JSON and one with its SHA-256. It is an [ErrLedger] for an
// account that this package did not make.
func (a Account) MarshalText() ([]byte, error) {
	if err := a.check(); err != nil {
		return nil, err
	}
	s := storedAccount{
		Format: format, Purpose: a.Limit.Purpose, Release: string(a.Limit.Release),
		Epsilon: number(a.Limit.Epsilon), Delta: number(a.Limit.Delta), Slack: number(a.Limit.Slack),
		Sequence: a.Sequence, Spent: []storedSpending{},
	}
	for _, p := range a.Spent {
		s.Spent = append(s.Spent, storedSpending{number(p.Cost.Epsilon), number(p.Cost.Delta), p.Times})
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		return nil, err
	}
	sum := sha256.Sum256(b.Bytes())
	return append(hex.AppendEncode(b.Bytes(), sum[:]), '\n'), nil
}

// UnmarshalText is the inverse of MarshalText. What that would not have written byte for byte is an [ErrLedger], and leaves a as it was.
func (a *Account) UnmarshalText(text []byte) error {
	stored, err := decode(text)
	if err != nil {
		return err
	}
	*a = stored
	return nil
}

func decode(text []byte) (Account, error) {
	malformed := fmt.Errorf("%w: what is stored is malformed", ErrLedger)
	var s storedAccount
	if err := json.NewDecoder(bytes.NewReader(text)).Decode(&s); err != nil || s.Format != format {
		return Account{}, malformed
	}
	ok := true
	parse := func(text string) float64 {
		x, err := strconv.ParseFloat(text, 64)
		ok = ok && err == nil
		return x
	}
	a := Account{
		Limit: Limit{
			Purpose: s.Purpose, Release: redact.ReleaseID(s.Release),
			Epsilon: parse(s.Epsilon), Delta: parse(s.Delta), Slack: parse(s.Slack),
		},
		Sequence: s.Sequence,
	}
	for _, p := range s.Spent {
		a.Spent = append(a.Spent, Spending{Cost{parse(p.Epsilon), parse(p.Delta)}, p.Times})
	}
	if !ok {
		return Account{}, malformed
	}
	if again, err := a.MarshalText(); err != nil || !bytes.Equal(again, text) {
		return Account{}, malformed
	}
	return a, nil
}

func number(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }
