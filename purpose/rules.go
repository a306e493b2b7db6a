package purpose

// Rules is what a body of law adds to a policy: [Quebec] and [GDPR] return one each, and a program may write or change
// its own. A document with recipients needs one.
type Rules struct {
	Name         string           // "quebec"; [a-z0-9_]{1,64}
	Territory    []Jurisdiction   // within it, sending data to a recipient is no transfer
	Adequate     []Jurisdiction   // outside it, but held adequate by law: no assessment is needed
	Residence    bool             // what leaves the person's own jurisdiction is a transfer too
	Undertakings []Undertaking    // what the contract of a processor must hold
	Derogations  []DerogationRule // the exceptional grounds the law knows
	Rights       []Right          // what a person must be told to have
	MinorAge     int              // years of age from which a person consents alone
}

// DerogationRule is one exceptional ground that a body of law knows.
type DerogationRule struct {
	Ground   Ground
	Citation string // required
	Once     bool   // one derogation permits one use
}

// Quebec returns the rules of Québec: Act respecting the protection of personal information in the private sector, CQLR c. P-39.1.
// Ontario is as far away as Oregon (s. 17), no country is held adequate once and for all, and only an emergency derogates.
// That the person's own province bounds transfers as well is not the Act's word but that of policies that promise it, and that a
// processor hands nothing on ([NoOnward]) is this package's choice: it is not among what a contract must hold (s. 18.3).
func Quebec() Rules {
	return Rules{
		Name: "quebec", Territory: []Jurisdiction{"CA-QC"}, Residence: true, MinorAge: 14,
		Undertakings: []Undertaking{ProtectionMeasures, MandateOnly, NoRetention, IncidentNotice, Verification, NoOnward},
		Derogations:  []DerogationRule{{Emergency, "CQLR c. P-39.1, s. 17 and s. 18 par. 1(7)", true}},
		Rights: []Right{
			AccessRight, RectificationRight, DeletionRight, WithdrawalRight, PortabilityRight, DeindexingRight, HumanReviewRight,
		},
	}
}

// GDPR returns the rules of the European Union: Regulation (EU) 2016/679. The territory is the European Economic Area, and the adequate
// jurisdictions are those of decisions under art. 45 that hold for the private sector as a whole; that for Canada covers only
// organisations under PIPEDA and that for the United States only certified ones, so neither is there. Check them against the
// Commission's list before relying on them: they change.
func GDPR() Rules {
	return Rules{
		Name: "gdpr", MinorAge: 16,
		Territory: []Jurisdiction{
			"AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IS", "IT", "LI", "LT", "LU",
			"LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK",
		},
		Adequate:     []Jurisdiction{"AD", "AR", "BR", "CH", "FO", "GB", "GG", "IL", "IM", "JE", "JP", "KR", "NZ", "UY"},
		Undertakings: []Undertaking{ProtectionMeasures, MandateOnly, NoRetention, IncidentNotice, Verification, NoOnward},
		Derogations: []DerogationRule{
			{ExplicitConsent, "GDPR art. 49(1)(a)", false},
			{NewContract, "GDPR art. 49(1)(b)", true}, // occasional: recital 111
			{ContractForPerson, "GDPR art. 49(1)(c)", true},
			{PublicInterest, "GDPR art. 49(1)(d)", false},
			{LegalClaims, "GDPR art. 49(1)(e)", true},
			{VitalInterests, "GDPR art. 49(1)(f)", false},
			{PublicRegister, "GDPR art. 49(1)(g) and 49(2)", false},
			{CompellingInterests, "GDPR art. 49(1) second subparagraph", true},
		},
		Rights: []Right{AccessRight, RectificationRight, DeletionRight, WithdrawalRight, PortabilityRight, HumanReviewRight},
	}
}
