package certificate

import (
	"encoding/json"

	"github.com/purposebound/purposebound/retention"
)

// Read reads claims as if their token had been verified.
func Read(claims []byte) (retention.Certificate, error) { return read(claims) }

// Complete reports whether a certificate would be signed.
func Complete(c retention.Certificate) bool { return complete(&c) }

// Claims returns all claims of a certificate, as they are signed.
func Claims(issuer string, c retention.Certificate) ([]byte, error) {
	return json.Marshal(map[string]any{"iss": issuer, "iat": c.Completed.Unix(), "jti": c.ID, claim: private(&c)})
}
