package consentsql_test

import (
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/consent/consentsql"
)

// Processes of two releases share one database for a while, so these forms are not changed: another needs another column.
const (
	packedChanges = "01" + "73" + "0000000000000007" + "00000000000000ff" +
		"0c" + "737562c3a96a65742d3132" + "33" + "0000000000000001" + "ffffffffffffffff"
	packedDraining = "0000000000000001" + "8000000000000000" + "0000000000000007" + "00000002" + "00000001" + "00000000" +
		"0000000000000002" + "0000000000000009" + "ffffffffffffffff" + "00000000" + "00000000" + "00000003"
)

func TestPacked(t *testing.T) {
	t.Parallel()
	changes := []consent.Change{
		{Position: 41, Subject: "s", Seq: 7, Reach: 255},
		{Position: 42, Subject: "subéjet-123", Seq: 1, Reach: 1<<64 - 1},
	}
	assert.Equal(t, packedChanges, hex.EncodeToString(consentsql.PackChanges(changes)))
	b, err := hex.DecodeString(packedChanges)
	require.NoError(t, err)
	have, err := consentsql.UnpackChanges(nil, 42, b)
	require.NoError(t, err)
	assert.Equal(t, changes, have)

	draining := []consent.Draining{
		{Position: 1, Subject: 1 << 63, Reach: 7, Running: 2, Ended: 1},
		{Position: 2, Subject: 9, Reach: 1<<64 - 1, Cancelled: 3},
	}
	assert.Equal(t, packedDraining, hex.EncodeToString(consentsql.PackDraining(draining)))
	b, err = hex.DecodeString(packedDraining)
	require.NoError(t, err)
	list, err := consentsql.UnpackDraining(b)
	require.NoError(t, err)
	assert.Equal(t, draining, list)
}

// TestReachVectors fixes what stands for subjects, purposes, cases and compartments between processes.
func TestReachVectors(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "ef790ea6b21174fe", hex64(consent.Subject("subject-1").Hash()))
	assert.Equal(t, "a661479c0d6b3cf6", hex64(consent.Event{Kind: consent.Withdrawn, Purpose: "marketing.letter"}.Reach()))
	assert.Equal(t, "a661479c0d6b3cf6", hex64(consent.Event{Kind: consent.Refused, Purpose: "marketing.letter"}.Reach()))
	assert.Equal(t, "a7345b644ae6c931", hex64(consent.Event{Kind: consent.CaseClosed, Case: "job-1"}.Reach()))
	assert.Equal(t, "0000000000000001", hex64(consent.Event{Kind: consent.HoldPlaced, Purpose: "disputes", Case: "job-1"}.Reach()))
	assert.Equal(t, "0000000000000002", hex64(consent.Event{Kind: consent.Erasing}.Reach()))
	assert.Equal(t, "7171df8ed22eb058", hex64(consent.Event{Kind: consent.Expiring, Compartment: "hourly/office", Case: "job-1"}.Reach()))
	for _, k := range []consent.Kind{consent.HoldReleased, consent.Erased, consent.Readmitted} {
		assert.Zero(t, consent.Event{Kind: k, Purpose: "disputes", Compartment: "hourly/office", Case: "job-1"}.Reach(), k)
	}
	assert.Zero(t, consent.Event{Kind: consent.AccountClosed}.Reach())
	assert.Zero(t, consent.Event{Kind: consent.Granted, Purpose: "marketing.letter"}.Reach())
}

func hex64(n uint64) string {
	return hex.EncodeToString([]byte{byte(n >> 56), byte(n >> 48), byte(n >> 40), byte(n >> 32), byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)})
}

func FuzzUnpack(f *testing.F) {
	for _, text := range []string{packedChanges, packedDraining} {
		b, err := hex.DecodeString(text)
		require.NoError(f, err)
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if changes, err := consentsql.UnpackChanges(nil, 1<<40, b); err == nil {
			assert.Equal(t, hex.EncodeToString(b), hex.EncodeToString(consentsql.PackChanges(changes)))
		} else {
			assert.ErrorIs(t, err, consent.ErrFormat)
		}
		if list, err := consentsql.UnpackDraining(b); err == nil {
			assert.Equal(t, hex.EncodeToString(b), hex.EncodeToString(consentsql.PackDraining(list)))
		} else {
			assert.ErrorIs(t, err, consent.ErrFormat)
		}
	})
}
