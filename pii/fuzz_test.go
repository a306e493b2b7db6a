package pii_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"slices"
	"testing"

	"github.com/purposebound/purposebound/pii"
)

// The parser never panics, agrees with the second reader of the format, and takes nothing that it would not write.
func FuzzToken(f *testing.F) {
	vectors := readVectors(f)
	for _, v := range vectors.Vectors {
		f.Add(decodeToken(f, v.Token))
	}
	for _, m := range vectors.Malformed {
		f.Add(decodeHex(f, m.Bytes))
	}
	f.Fuzz(func(t *testing.T, token []byte) {
		fields, again, ok := pii.ParseToken(token)
		read, err := readToken(token)
		if ok != (err == nil) {
			t.Fatalf("parsed: %v, but the second reader says %v", ok, err)
		}
		if !ok {
			return
		}
		if !bytes.Equal(again, token[:fields.Size]) {
			t.Fatal("what was read is not what would be written")
		}
		if fields.Size != read.size || fields.Flags != read.Flags || fields.Policy != read.Policy || fields.Attribute != read.Attribute ||
			fields.Collected != read.Collected || byte(fields.Origin) != read.Origin ||
			!slices.Equal(fields.Purposes, read.Purposes) || !slices.Equal(fields.Classes, read.Classes) {
			t.Fatal("the second reader reads something else")
		}
		for _, o := range []uint16{0, 1, 2, 127, 128, 255, 300, 65535} {
			if pii.CollectedFor(token, o) != slices.Contains(fields.Purposes, o) {
				t.Fatalf("ordinal %d", o)
			}
		}
	})
}

// Whatever a column, a message or a text holds: it is a token and comes back as it was, or it is refused and changes nothing.
func FuzzUnmarshal(f *testing.F) {
	vectors := readVectors(f)
	for _, v := range vectors.Vectors[:3] {
		f.Add([]byte(v.Token))
		f.Add([]byte(`"` + v.Token + `"`))
		f.Add(decodeToken(f, v.Token))
	}
	for _, m := range vectors.MalformedText {
		f.Add([]byte(m.Bytes))
	}
	for _, s := range []string{"", "null", `""`, `"`, "\x01", "0", "[]", "{}", `"\u0041Q"`} {
		f.Add([]byte(s))
	}
	var before pii.Sealed[pii.Email]
	if err := before.UnmarshalText([]byte(vectors.Vectors[1].Token)); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for name, read := range map[string]func(*pii.Sealed[pii.Email]) error{
			"text":        func(s *pii.Sealed[pii.Email]) error { return s.UnmarshalText(data) },
			"binary":      func(s *pii.Sealed[pii.Email]) error { return s.UnmarshalBinary(data) },
			"JSON":        func(s *pii.Sealed[pii.Email]) error { return s.UnmarshalJSON(data) },
			"JSON reader": func(s *pii.Sealed[pii.Email]) error { return json.Unmarshal(data, s) },
			"Scan bytes":  func(s *pii.Sealed[pii.Email]) error { return s.Scan(data) },
			"Scan string": func(s *pii.Sealed[pii.Email]) error { return s.Scan(string(data)) },
		} {
			s := before
			if read(&s) != nil {
				if s != before {
					t.Fatalf("%s: refused, and the field was changed", name)
				}
				continue
			}
			if s.IsZero() {
				continue
			}
			text, err := s.MarshalText()
			if err != nil {
				t.Fatal(err)
			}
			binary, err := s.MarshalBinary()
			if err != nil {
				t.Fatal(err)
			}
			if name != "JSON reader" && !bytes.Contains(data, text) && !bytes.Equal(data, binary) {
				t.Fatalf("%s: what was read is not what would be written", name)
			}
			if decoded, err := base64.RawURLEncoding.DecodeString(string(text)); err != nil || !bytes.Equal(decoded, binary) {
				t.Fatalf("%s: the two forms differ", name)
			}
			var again pii.Sealed[pii.Email]
			quoted, err := json.Marshal(s)
			if err != nil || json.Unmarshal(quoted, &again) != nil || again != s {
				t.Fatalf("%s: JSON does not come back", name)
			}
			value, err := s.Value()
			if err != nil || again.Scan(value) != nil || again != s {
				t.Fatalf("%s: SQL does not come back", name)
			}
		}
	})
}
