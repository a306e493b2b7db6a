package pii_test

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/pii"
	"github.com/purposebound/purposebound/pii/piitest"
)

// leakForms are a sealed and a revealed value, for what they are to print and encode: a type that prints nothing does not leak either.
func leakForms(t *testing.T) (pii.Sealed[pii.Email], pii.Value[pii.Email], pii.Derived[string]) {
	t.Helper()
	v := piitest.New(t, leakShop(), consent.WithMaxUse(time.Hour))
	sealed := piitest.Seal[pii.Email](v, "c-1", leakCanary("identity.email"), Service)
	var revealed pii.Value[pii.Email]
	var derived pii.Derived[string]
	require.NoError(t, v.MustAccessor(Service).Do(t.Context(), agent, "c-1", func(use *pii.Use) (err error) {
		if revealed, err = sealed.Reveal(use); err != nil {
			return err
		}
		derived, err = pii.Derive(use, sealed, leakAll{})
		return err
	}))
	return sealed, revealed, derived
}

func TestPrintedForms(t *testing.T) {
	t.Parallel()
	sealed, revealed, derived := leakForms(t)
	for _, c := range []struct {
		v    any
		want string
	}{
		{sealed, "[sealed identity.email]"},
		{&sealed, "[sealed identity.email]"},
		{pii.Sealed[pii.Email]{}, "[absent identity.email]"},
		{revealed, "[revealed identity.email]"},
		{&revealed, "[revealed identity.email]"},
		{derived, "[derived]"},
	} {
		for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			assert.True(t, fmt.Sprintf(format, c.v) == c.want, "%s does not print %s", format, c.want)
		}
		assert.True(t, fmt.Sprint([]any{c.v}) == "["+c.want+"]", "a slice does not print %s", c.want)
		var b strings.Builder
		slog.New(slog.NewTextHandler(&b, nil)).Info("m", "k", c.v)
		assert.Contains(t, strings.ReplaceAll(b.String(), `"`, ""), "k="+c.want)
		b.Reset()
		slog.New(slog.NewJSONHandler(&b, nil)).Info("m", "k", c.v)
		assert.Contains(t, b.String(), `"k":"`+c.want+`"`)
	}
}

func TestPlaintextDoesNotEncode(t *testing.T) {
	t.Parallel()
	_, revealed, derived := leakForms(t)
	scene := newLeakScene(t)
	for _, v := range []any{revealed, &revealed, derived, leakExported[pii.Value[pii.Email]]{revealed}, pii.Value[pii.Email]{}} {
		_, err := json.Marshal(v)
		require.ErrorIs(t, err, pii.ErrPlaintext, "json")
		_, err = json.Marshal(map[string]any{"k": v})
		require.ErrorIs(t, err, pii.ErrPlaintext, "json in a map")
		_, err = xml.Marshal(v)
		require.ErrorIs(t, err, pii.ErrPlaintext, "xml")
		require.Error(t, gob.NewEncoder(new(bytes.Buffer)).Encode(v), "gob")
	}
	for _, v := range []any{revealed, &revealed} {
		_, err := scene.db.Exec("SELECT ?", v)
		require.ErrorIs(t, err, pii.ErrPlaintext, "sqlite")
		for _, oid := range []uint32{pgtype.TextOID, pgtype.ByteaOID, pgtype.JSONOID, pgtype.JSONBOID, 0} {
			for _, format := range []int16{pgtype.TextFormatCode, pgtype.BinaryFormatCode} {
				_, err := scene.types.Encode(oid, format, v, nil)
				require.ErrorIs(t, err, pii.ErrPlaintext, "pgx %d", oid)
			}
		}
	}
}

func TestValueDecodes(t *testing.T) {
	t.Parallel()
	text := leakCanary("identity.email")
	var request struct {
		Email pii.Value[pii.Email] `json:"email" xml:"email"`
	}
	body, err := json.Marshal(map[string]string{"email": " " + strings.ToUpper(text[:1]) + text[1:] + " "})
	require.NoError(t, err)
	want, err := pii.Parse[pii.Email](" " + strings.ToUpper(text[:1]) + text[1:] + " ")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(body, &request))
	assert.True(t, request.Email.Equal(want))
	request.Email = pii.Value[pii.Email]{}
	require.NoError(t, xml.Unmarshal([]byte("<r><email>"+text+"</email></r>"), &request))
	assert.False(t, request.Email.IsZero())

	// What is refused is not repeated.
	oracle, scratch := newLeakOracle(text), []byte(nil)
	for name, bad := range map[string]string{
		"text": `{"email": "` + text + ` no"}`, "number": `{"email": 1}`, "object": `{"email": {"` + text + `": 1}}`, "array": `{"email": ["` + text + `"]}`,
	} {
		err := json.Unmarshal([]byte(bad), &request)
		require.Error(t, err, name)
		assert.Empty(t, oracle.find(leakBoth(nil, err), &scratch), name)
	}
	err = xml.Unmarshal([]byte("<r><email>"+text+" no</email></r>"), &request)
	require.ErrorIs(t, err, pii.ErrInvalid)
	assert.Empty(t, oracle.find(leakBoth(nil, err), &scratch))

	phone := newLeakOracle("15148617305")
	var number pii.Value[leakCard]
	for _, into := range []any{&number, &struct{ V *pii.Value[leakCard] }{&number}} {
		for _, bad := range []string{`15148617305`, `{"V": 15148617305}`} {
			if err := json.Unmarshal([]byte(bad), into); err != nil {
				assert.Empty(t, phone.find(leakBoth(nil, err), &scratch), "a number that is refused is repeated")
			}
		}
	}
	scene := newLeakScene(t)
	err = scene.db.QueryRow("SELECT ?", text).Scan(&request.Email)
	if err != nil {
		assert.Empty(t, oracle.find(leakBoth(nil, err), &scratch), "a column that is not scanned is repeated")
	}
}

func TestSealedRoundTrips(t *testing.T) {
	t.Parallel()
	sealed, _, _ := leakForms(t)
	var absent pii.Sealed[pii.Email]
	db := newLeakScene(t).db
	_, err := db.Exec("CREATE TABLE person (id INTEGER PRIMARY KEY, as_text TEXT, as_bytes BLOB)")
	require.NoError(t, err)
	for id, want := range []pii.Sealed[pii.Email]{sealed, absent} {
		for name, through := range map[string]func(into *pii.Sealed[pii.Email]) error{
			"json": func(into *pii.Sealed[pii.Email]) error {
				b, err := json.Marshal(want)
				require.NoError(t, err)
				return json.Unmarshal(b, into)
			},
			"text": func(into *pii.Sealed[pii.Email]) error {
				b, err := want.MarshalText()
				require.NoError(t, err)
				return into.UnmarshalText(b)
			},
			"binary": func(into *pii.Sealed[pii.Email]) error {
				b, err := want.MarshalBinary()
				require.NoError(t, err)
				return into.UnmarshalBinary(b)
			},
			"xml": func(into *pii.Sealed[pii.Email]) error {
				type held struct{ V, A pii.Sealed[pii.Email] } // in a field: the name of a generic type is no name of an element
				b, err := xml.Marshal(held{V: want})
				require.NoError(t, err)
				var got held
				err = xml.Unmarshal(b, &got)
				*into = got.V
				return err
			},
			"gob": func(into *pii.Sealed[pii.Email]) error {
				var b bytes.Buffer
				require.NoError(t, gob.NewEncoder(&b).Encode(leakExported[pii.Sealed[pii.Email]]{want}))
				var held leakExported[pii.Sealed[pii.Email]]
				err := gob.NewDecoder(&b).Decode(&held)
				*into = held.V
				return err
			},
			"json map key": func(into *pii.Sealed[pii.Email]) error {
				if want.IsZero() { // the empty text, which is no token in JSON
					return nil
				}
				b, err := json.Marshal(map[pii.Sealed[pii.Email]]int{want: 1})
				require.NoError(t, err)
				var m map[pii.Sealed[pii.Email]]int
				err = json.Unmarshal(b, &m)
				for *into = range m {
				}
				return err
			},
			"sql": func(into *pii.Sealed[pii.Email]) error {
				b, err := want.MarshalBinary()
				require.NoError(t, err)
				if want.IsZero() {
					b = nil
				}
				_, err = db.Exec("INSERT INTO person VALUES (?, ?, ?)", id, want, b)
				require.NoError(t, err)
				var asBytes pii.Sealed[pii.Email]
				err = db.QueryRow("SELECT as_text, as_bytes FROM person WHERE id = ?", id).Scan(into, &asBytes)
				assert.True(t, asBytes == want, "BLOB")
				return err
			},
		} {
			var got pii.Sealed[pii.Email]
			require.NoError(t, through(&got), name)
			assert.True(t, got == want, "%s does not give back what it was given", name)
		}
	}
}
