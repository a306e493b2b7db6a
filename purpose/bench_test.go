package purpose_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/purpose"
)

// many is a document of that many purposes with that many attributes each, and a consent of each kind.
func many(purposes, attributes int) purpose.Document {
	d := shop()
	one := d.Purposes[4] // the newsletter
	one.Attributes, one.Recipients = nil, nil
	for i := range attributes {
		one.Attributes = append(one.Attributes, purpose.Attribute(fmt.Sprintf("c%02d.field", i)))
	}
	d.Purposes, d.Recipients = nil, nil
	for i := range purposes {
		one.ID = purpose.ID(fmt.Sprintf("p%05d", i))
		one.Roles = map[purpose.Role][]purpose.Attribute{"mailer": one.Attributes}
		d.Purposes = append(d.Purposes, one)
	}
	return d
}

// side is a question that is permitted, and the facts it is permitted over: one consent to every purpose.
type side struct {
	question *purpose.Question
	facts    *purpose.Facts
}

func newSide(b testing.TB, d purpose.Document) side {
	b.Helper()
	f := knowing()
	given := f.Consents[newsletter]
	for _, s := range d.Purposes {
		f.Consents[s.ID] = given
	}
	last := d.Purposes[len(d.Purposes)-1]
	q, err := policy(b, d).Prepare(purpose.Request{
		Purpose: last.ID, Operation: purpose.Use, Actor: purpose.Actor{Role: "mailer", ID: "m1"},
		Attribute: last.Attributes[len(last.Attributes)-1], CollectedFor: []purpose.ID{last.ID}, CollectedAt: noon.Add(-days(10)),
	})
	require.NoError(b, err)
	require.True(b, q.Decide(noon, f).Allowed())
	return side{q, f}
}

func (s *side) decide() {
	if !s.question.Decide(noon, s.facts).Allowed() {
		panic("denied")
	}
}

func BenchmarkDecide(b *testing.B) {
	b.Run("allow", func(b *testing.B) {
		q, err := policy(b, shop()).Prepare(ask(newsletter))
		require.NoError(b, err)
		s := side{q, knowing()}
		b.ReportAllocs()
		for b.Loop() {
			s.decide()
		}
	})
	// The same without a compiled request, for each ground.
	for _, id := range []purpose.ID{newsletter, support, orders} {
		b.Run("allow_unprepared/"+string(id), func(b *testing.B) {
			p, r, f := policy(b, shop()), ask(id), knowing()
			b.ReportAllocs()
			for b.Loop() {
				if !p.Decide(r, f).Allowed() {
					b.Fatal("denied")
				}
			}
		})
	}
	b.Run("disclose", func(b *testing.B) {
		r := ask(newsletter)
		r.Operation, r.Recipient = purpose.Disclose, "letters"
		q, err := policy(b, shop()).Prepare(r)
		require.NoError(b, err)
		s := side{q, knowing()}
		b.ReportAllocs()
		for b.Loop() {
			s.decide()
		}
	})
	// Both sides in turns within one run, so that whatever else the machine does befalls both.
	b.Run("large", func(b *testing.B) {
		small, large := newSide(b, many(10, 5)), newSide(b, many(10_000, 50))
		const turn, least = 1024, 200_000
		var took [2]time.Duration
		n := 0
		b.ResetTimer()
		for n < max(b.N, least) {
			for i, s := range []*side{&small, &large} {
				start := time.Now()
				for range turn {
					s.decide()
				}
				took[i] += time.Since(start)
			}
			n += turn
		}
		b.ReportMetric(float64(took[1].Nanoseconds())/float64(n), "ns/op")
		b.ReportMetric(float64(took[1])/float64(took[0]), "x-small")
	})
	b.Run("deny", func(b *testing.B) {
		q, err := policy(b, shop()).Prepare(ask(newsletter))
		require.NoError(b, err)
		f := knowing()
		c := f.Consents[newsletter]
		c.Status = purpose.Withdrawn
		f.Consents[newsletter] = c
		b.ReportAllocs()
		for b.Loop() {
			if q.Decide(noon, f).Allowed() {
				b.Fatal("allowed")
			}
		}
	})
}
