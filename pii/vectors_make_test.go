//go:build makevectors

package pii_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/pii"
	"github.com/purposebound/purposebound/purpose"
)

// TestMakeVectors writes testdata/token_v1.json if it is not there. It was run once; what it wrote is the format.
func TestMakeVectors(t *testing.T) {
	const path = "testdata/token_v1.json"
	_, err := os.Stat(path)
	require.ErrorIs(t, err, os.ErrNotExist, "the vectors are frozen")

	key := make([]byte, 32)
	for i := range key {
		key[i] = byte(i)
	}
	record, empty := "clients/42 v7", ""
	sixteen := make([]string, 16)
	for i := range sixteen {
		sixteen[i] = []string{"p000", "p012", "p024", "p036", "p048", "p060", "p072", "p084", "p096", "p108", "p120", "p132", "p144", "p156", "p168", "p180"}[i]
	}
	const collected = 1772600767 // 2026-03-04 05:06:07 UTC
	f := vectorFile{Vectors: []vector{
		{Name: "minimal", Policy: "small", Purposes: []string{"newsletter"}, Attribute: "identity.name", Text: "Zoé Tremblay"},
		{Name: "two purposes", Policy: "small", Purposes: []string{"newsletter", "service"}, Attribute: "identity.email", Text: "marie.tremblay@example.com", Header: vectorHeader{Origin: 2}},
		{Name: "seconds", Policy: "small", Purposes: []string{"service", "session"}, Attribute: "identity.name", Text: "Zoé D’Amours"},
		{Name: "case", Policy: "small", Purposes: []string{"service"}, Attribute: "identity.name", Text: "Marie", Case: "job-2041"},
		{Name: "record", Policy: "small", Purposes: []string{"service"}, Attribute: "identity.email", Text: "marie@example.com", Record: &record},
		{Name: "empty record, case and seconds", Policy: "small", Purposes: []string{"session"}, Attribute: "identity.email", Text: "marie@example.com", Record: &empty, Case: "job-2041", Header: vectorHeader{Origin: 3}},
		{Name: "ordinals from 128", Policy: "large", Purposes: []string{"p127", "p150", "p199"}, Attribute: "identity.email", Text: "marie@example.com"},
		{Name: "sixteen purposes", Policy: "large", Purposes: sixteen, Attribute: "identity.email", Text: "marie@example.com"},
		{Name: "unicode subject of a tenant", Policy: "small", Purposes: []string{"service"}, Attribute: "identity.email", Text: "marie@example.com", Subject: "клиент-Ω-42", Tenant: "Plomberie Tremblay"},
		{Name: "long text", Policy: "small", Purposes: []string{"service"}, Attribute: "communications.text", Text: strings.Repeat("Le colis est bien parti. ", 17)},
		{Name: "text of the least padding", Policy: "small", Purposes: []string{"service"}, Attribute: "communications.text", Text: strings.Repeat("x", 14)},
		{Name: "text of one byte", Policy: "small", Purposes: []string{"service"}, Attribute: "communications.text", Text: "x"},
		{Name: "fixed width", Policy: "small", Purposes: []string{"service"}, Attribute: "preferences.language", Width: 8, Text: "fr"},
		{Name: "longer than the fixed width", Policy: "small", Purposes: []string{"service"}, Attribute: "preferences.language", Width: 8, Text: "oj-Cans-CA-x-severn"},
	}}
	for i := range f.Vectors {
		v := &f.Vectors[i]
		if v.Subject == "" {
			v.Subject = "c-1042"
		}
		policy, err := purpose.NewPolicy(vectorPolicy(v.Policy))
		require.NoError(t, err)
		var ids []purpose.ID
		for _, id := range v.Purposes {
			ids = append(ids, purpose.ID(id))
		}
		compartment, err := policy.Compartment(ids...)
		require.NoError(t, err)
		tables := policy.Tables()
		v.Tables = hex.EncodeToString(tables[:])
		v.Compartment, v.Key = string(compartment), hex.EncodeToString(key)
		origin := v.Header.Origin
		v.Header.Collected = collected
		x := vectorRig(t, *v)
		x.parts.clock.Set(time.Unix(collected, 0))
		in, err := x.Collect(context.Background(), clerk, consent.Subject(v.Subject), pii.Collection{For: ids, Method: consent.WebForm, Origin: pii.Origin(origin), Case: v.Case})
		require.NoError(t, err)
		var token []byte
		switch v.Attribute {
		case "identity.email":
			token = sealVector[pii.Email](t, in, *v)
		case "identity.name":
			token = sealVector[pii.Name](t, in, *v)
		case "communications.text":
			token = sealVector[pii.Text](t, in, *v)
		case "preferences.language":
			token = sealVector[code](t, in, *v)
		}
		fields, head, ok := pii.ParseToken(token)
		require.True(t, ok)
		v.Header = vectorHeader{
			Flags: fields.Flags, Policy: fields.Policy, Attribute: fields.Attribute, Purposes: fields.Purposes, Collected: fields.Collected,
			Origin: byte(fields.Origin), Classes: fields.Classes, CaseTag: hex.EncodeToString(fields.Tag), KeyCheck: hex.EncodeToString(fields.Check),
		}
		v.HeaderHex = hex.EncodeToString(head)
		seen := x.keys.seen.Load()
		v.Associated, v.Frame = hex.EncodeToString(seen.associated), hex.EncodeToString(seen.frame)
		v.Token = base64.RawURLEncoding.EncodeToString(token)
	}

	good := decodeToken(t, f.Vectors[0].Token)
	size := len(f.Vectors[0].HeaderHex) / 2
	tail := good[size-16:] // key check and ciphertext
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	u := func(v uint64) []byte { return binary.AppendUvarint(nil, v) }
	b := func(b ...byte) []byte { return b }
	set := func(ordinals ...uint64) []byte {
		out := []byte{byte(len(ordinals))}
		for _, o := range ordinals {
			out = append(out, u(o)...)
		}
		return out
	}
	many := make([]uint64, 17)
	for i := range many {
		many[i] = uint64(i)
	}
	day, one := u(collected/86400), set(1)
	token := func(flags byte, policy, attribute, purposes, collected, origin, classes []byte) []byte {
		return join(b(1, flags), policy, attribute, purposes, collected, origin, classes, tail)
	}
	bad := func(reason string, token []byte) {
		f.Malformed = append(f.Malformed, malformed{reason, hex.EncodeToString(token)})
	}
	bad("version 0", join(b(0), good[1:]))
	bad("version 2", join(b(2), good[1:]))
	bad("an unknown flag", token(8, u(1), u(1), one, day, b(1), one))
	bad("another unknown flag", token(0x80, u(1), u(1), one, day, b(1), one))
	bad("policy not in its shortest form", token(0, b(0x81, 0), u(1), one, day, b(1), one))
	bad("policy above 65535", token(0, u(65536), u(1), one, day, b(1), one))
	bad("attribute not in its shortest form", token(0, u(1), b(0x80, 0), one, day, b(1), one))
	bad("attribute above 65535", token(0, u(1), u(65536), one, day, b(1), one))
	bad("no purpose", token(0, u(1), u(1), b(0), day, b(1), one))
	bad("17 purposes", token(0, u(1), u(1), set(many...), day, b(1), one))
	bad("a purpose twice", token(0, u(1), u(1), set(1, 1), day, b(1), one))
	bad("purposes that do not ascend", token(0, u(1), u(1), set(2, 1), day, b(1), one))
	bad("a purpose not in its shortest form", token(0, u(1), u(1), b(1, 0x81, 0), day, b(1), one))
	bad("a purpose above 65535", token(0, u(1), u(1), set(65536), day, b(1), one))
	bad("collected-at not in its shortest form", token(0, u(1), u(1), one, b(0x81, 0x80, 0), b(1), one))
	bad("a day after the last", token(0, u(1), u(1), one, u(1<<40/86400+1), b(1), one))
	bad("a second after the last", token(4, u(1), u(1), one, u(1<<40+1), b(1), one))
	bad("collected-at of ten bytes", token(4, u(1), u(1), one, b(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1), b(1), one))
	bad("origin 0", token(0, u(1), u(1), one, day, b(0), one))
	bad("origin 4", token(0, u(1), u(1), one, day, b(4), one))
	bad("no class", token(0, u(1), u(1), one, day, b(1), b(0)))
	bad("17 classes", token(0, u(1), u(1), one, day, b(1), set(many...)))
	bad("a class twice", token(0, u(1), u(1), one, day, b(1), set(1, 1)))
	bad("classes that do not ascend", token(0, u(1), u(1), one, day, b(1), set(3, 1)))
	bad("a class not in its shortest form", token(0, u(1), u(1), one, day, b(1), b(1, 0x81, 0)))
	bad("a class above 65535", token(0, u(1), u(1), one, day, b(1), set(65536)))
	bad("a ciphertext of 27 bytes", good[:size+27])
	bad("a case tag and no room for it", join(b(1, 1), good[2:size+28]))
	bad("a key check of 15 bytes", good[:size-1])
	bad("nothing after the classes", good[:size-16])
	bad("nothing after the version", good[:1])

	// A third of all texts has no loose bits; cut the token until it has some.
	loose := good
	for len(loose)%3 == 0 {
		loose = append(bytes.Clone(loose), 0)
	}
	text := base64.RawURLEncoding.EncodeToString(loose)
	last := strings.IndexByte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", text[len(text)-1])
	f.MalformedText = []malformed{
		{"padding", base64.URLEncoding.EncodeToString(loose)},
		{"loose last bits", text[:len(text)-1] + "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[last+1:last+2]},
		{"a line break", text[:20] + "\n" + text[20:]},
		{"a carriage return at the end", text + "\r"},
		{"a space", " " + text},
		{"the alphabet of plain base64", text[:30] + "+/" + text[32:]},
		{"a length that no bytes have", text[:41]},
		{"hexadecimal", hex.EncodeToString(good)},
	}

	frame := func(reason string, b []byte) { f.Frames = append(f.Frames, malformed{reason, hex.EncodeToString(b)}) }
	frame("empty", nil)
	frame("a text of no bytes", make([]byte, 16))
	frame("a length beyond the frame", join(b(16), make([]byte, 15)))
	frame("a length not in its shortest form", join(b(0x81, 0), []byte("x"), make([]byte, 13)))
	frame("a length that does not end", b(0x80, 0x80, 0x80))
	frame("a length of six bytes", join(b(0x81, 0x80, 0x80, 0x80, 0x80, 0), make([]byte, 10)))
	frame("padding that is not zero", join(b(1), []byte("x"), make([]byte, 13), b(1)))
	frame("padding that is not zero at its start", join(b(1), []byte("xy"), make([]byte, 13)))

	require.NoError(t, os.MkdirAll("testdata", 0o755))
	out, err := json.MarshalIndent(f, "", "  ")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, append(out, '\n'), 0o644))
}

func sealVector[K pii.Kind](t *testing.T, in *pii.Intake, v vector) []byte {
	var field pii.Sealed[K]
	if v.Record != nil {
		require.NoError(t, field.SealBound(in, v.Text, *v.Record))
	} else {
		require.NoError(t, field.Seal(in, v.Text))
	}
	return bytesOf(t, field)
}
