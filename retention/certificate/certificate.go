// Package certificate signs the certificate of an erasure, so that whoever is shown it can tell that it is the organisation's and was not changed.
//
// A signed certificate is a JSON Web Token (RFC 7519) as Tink makes it: text that is kept with the request it answers and given to the person. It never expires, and
// it holds no personal data: [retention.Certificate.Concerns] tells whose it is to who knows the person's id, and to nobody else. The file format.md describes the claims:
// version 2 of them where something is [retention.Anonymised], and version 1 where nothing is.
//
//	signer, err := certificate.NewSigner(keys, "shop.example")
//	token, err := signer.Sign(c)           // in retention.Config.Certify
//
//	verifier, err := certificate.NewVerifier(public, "shop.example")
//	c, err := verifier.Verify(token)
//
// # What this does not do
//
// It signs what it is told. That names of tables and policies, citations and purposes say nothing about a person is for who writes them. An id that can be guessed, such as a number
// that is counted up, can be found from the digest by trying: [github.com/purposebound/purposebound/consent.NewSubject] makes ids that cannot. That what may be left of what is
// anonymised identifies nobody is for who made it to show: package redact/anonymity/dossier is for that.
//
// A token is not unique: signing again makes another, and a signature of ECDSA has a twin. Certificates are told apart by their ID.
package certificate

import (
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/tink-crypto/tink-go/v2/jwt"
	"github.com/tink-crypto/tink-go/v2/keyset"

	"github.com/purposebound/purposebound/retention"
)

// The errors of signing and verifying. None says more: what is wrong with a signature is nobody's business.
var (
	// ErrSignature reports a token that was not signed by the issuer under one of the keys, or is no such token.
	ErrSignature = errors.New("certificate: the signature is not the issuer's")
	// ErrFormat reports a token that is the issuer's and says something that this version does not know, or not as it is written.
	ErrFormat = errors.New("certificate: the token is of a form this version does not know")
	// ErrCertificate reports a certificate that says nothing, or something impossible, and is not signed.
	ErrCertificate = errors.New("certificate: the certificate is not complete")
	// ErrSigning reports that the key could not be used.
	ErrSigning = errors.New("certificate: the certificate could not be signed")
)

// tokenType is the token's "typ": what says that it is none of the organisation's other tokens.
const tokenType = "purposebound-erasure+jwt"

// Signer signs certificates. It is safe for concurrent use; make it with [NewSigner].
type Signer struct {
	signer jwt.Signer
	issuer string
}

// NewSigner returns a signer over a keyset with private keys for JWT signatures (jwt.ES256Template is one). issuer names who certifies, as verifiers know it.
func NewSigner(keys *keyset.Handle, issuer string) (*Signer, error) {
	if keys == nil || issuer == "" || !utf8.ValidString(issuer) {
		return nil, errors.New("certificate: NewSigner: keys and an issuer, in UTF-8, are required")
	}
	s, err := jwt.NewSigner(keys)
	if err != nil {
		return nil, fmt.Errorf("certificate: NewSigner: %w", err)
	}
	return &Signer{s, issuer}, nil
}

// Sign returns the certificate as a token. One with a line that is [retention.Anonymised] is of version 2, which a program that knows version 1 alone refuses with [ErrFormat]. It returns [ErrCertificate] for one without ID, digest, policy or times, or with a digest that [retention.Digest] does not return; that was completed before it was
// decided, or whose backups expire before that; with a line without attribute, compartment or outcome, without a reason of what is kept, with a reason of what is not, or with an
// end of what no law retains; with lines or tables out of order or there twice. A sweeper makes none of these. It returns [ErrSigning] if the key could not be used, and for a zero Signer.
func (s *Signer) Sign(c retention.Certificate) (string, error) {
	if s == nil || s.signer == nil {
		return "", ErrSigning
	}
	if !complete(&c) {
		return "", ErrCertificate
	}
	typ, issued := tokenType, c.Completed.UTC().Truncate(time.Second)
	raw, err := jwt.NewRawJWT(&jwt.RawJWTOptions{
		TypeHeader: &typ, Issuer: &s.issuer, JWTID: &c.ID, IssuedAt: &issued, WithoutExpiration: true,
		CustomClaims: map[string]any{claim: private(&c)},
	})
	if err != nil {
		return "", ErrCertificate
	}
	token, err := s.signer.SignAndEncode(raw)
	if err != nil {
		return "", ErrSigning
	}
	return token, nil
}

// Verifier tells whether a token is the issuer's, and reads it. It is safe for concurrent use; make it with [NewVerifier].
type Verifier struct {
	verifier  jwt.Verifier
	validator *jwt.Validator
}

// NewVerifier returns a verifier over a keyset with the public keys of an issuer.
func NewVerifier(keys *keyset.Handle, issuer string) (*Verifier, error) {
	if keys == nil || issuer == "" || !utf8.ValidString(issuer) {
		return nil, errors.New("certificate: NewVerifier: keys and an issuer, in UTF-8, are required")
	}
	v, err := jwt.NewVerifier(keys)
	if err != nil {
		return nil, fmt.Errorf("certificate: NewVerifier: %w", err)
	}
	typ := tokenType
	validator, err := jwt.NewValidator(&jwt.ValidatorOpts{
		ExpectedTypeHeader: &typ, ExpectedIssuer: &issuer, AllowMissingExpiration: true,
		FixedNow: time.Unix(1<<40, 0), // a certificate is as good later, and a clock that is behind is no fault of it
	})
	if err != nil {
		return nil, fmt.Errorf("certificate: NewVerifier: %w", err)
	}
	return &Verifier{v, validator}, nil
}

// Verify returns what a token certifies, in UTC. It returns [ErrSignature] if the token is not the issuer's, and [ErrFormat] if what it claims is not, to the letter, what [Signer.Sign] writes.
// A zero Verifier verifies nothing.
func (v *Verifier) Verify(token string) (retention.Certificate, error) {
	if v == nil || v.verifier == nil || v.validator == nil {
		return retention.Certificate{}, ErrSignature
	}
	verified, err := v.verifier.VerifyAndDecode(token, v.validator)
	if err != nil {
		return retention.Certificate{}, ErrSignature
	}
	payload, err := verified.JSONPayload()
	if err != nil {
		return retention.Certificate{}, ErrFormat
	}
	return read(payload)
}
