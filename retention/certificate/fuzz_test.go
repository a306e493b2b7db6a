package certificate_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"testing"

	"github.com/purposebound/purposebound/purpose"
	"github.com/purposebound/purposebound/retention"
	"github.com/purposebound/purposebound/retention/certificate"
)

// Whatever is claimed: it is a certificate that would be signed again in the same words, or it is refused by name. The second reader, made from format.md alone, agrees.
func FuzzClaims(f *testing.F) {
	for _, version := range versions {
		claims := golden(f, version)
		f.Add([]byte(claims))
		for _, e := range edits(version) {
			f.Add([]byte(e.apply(f, claims)))
		}
		for _, v := range readVectors(f, version).Verified {
			f.Add(payloadOf(f, v.Token))
		}
	}
	for _, text := range []string{"", "null", "{}", "[]", "0", `"x"`, `{"erasure":{}}`, "{", golden(f, 1) + golden(f, 1)} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, claims []byte) {
		c, err := certificate.Read(claims)
		if err != nil {
			if !errors.Is(err, certificate.ErrFormat) || !reflect.DeepEqual(c, retention.Certificate{}) {
				t.Fatalf("refused with %v", err)
			}
			return
		}
		var have struct {
			Issuer string `json:"iss"`
		}
		if err := json.Unmarshal(claims, &have); err != nil {
			t.Fatal(err)
		}
		if !certificate.Complete(c) {
			t.Fatal("what was read would not be signed")
		}
		again, err := certificate.Claims(have.Issuer, c)
		if err != nil {
			t.Fatal(err)
		}
		twice, err := certificate.Read(again)
		if err != nil || !reflect.DeepEqual(c, twice) {
			t.Fatalf("what was read is not what would be written: %v", err)
		}
		second, err := readClaims(claims, have.Issuer)
		if err != nil || !reflect.DeepEqual(c, second) {
			t.Fatalf("the second reader reads something else: %v", err)
		}
	})
}

// Whatever a program certifies: it is refused by name, or it is read as it was.
func FuzzSign(f *testing.F) {
	s, v := pair(f)
	f.Add("e-1", "2026-01", int64(1772884800), int64(123), int64(60), uint8(3), "identity.name", "tax/legal", "a law", int64(1956528000), "clients", true)
	f.Add("e-2", "2026-01", int64(1772884800), int64(0), int64(0), uint8(retention.Anonymised), "identity.address", "marketing/marketing", "", int64(0), "clients", false)
	f.Add("", "\xff", int64(-1), int64(0), int64(-1), uint8(0), "", "", "", int64(0), "", false)
	f.Fuzz(func(t *testing.T, id, policy string, at, nanos, took int64, outcome uint8, attribute, compartment, why string, until int64, table string, redacted bool) {
		want := retention.Certificate{
			ID: id, Digest: retention.Digest(id, marie), Policy: policy, Decided: unix(at, nanos), Completed: unix(at, nanos+took),
			Lines:  []retention.Line{{Attribute: purpose.Attribute(attribute), Compartment: purpose.Compartment(compartment), Outcome: retention.Outcome(outcome), Until: unix(until, 0), Why: why}},
			Tables: []string{table}, Redacted: redacted,
		}
		token, err := s.Sign(want)
		if err != nil {
			if !errors.Is(err, certificate.ErrCertificate) || token != "" {
				t.Fatalf("refused with %v", err)
			}
			return
		}
		got, err := v.Verify(token)
		if err != nil || !reflect.DeepEqual(want, got) {
			t.Fatalf("what was signed is not read: %v", err)
		}
	})
}
