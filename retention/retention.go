package retention

import "github.com/purposebound/purposebound/purpose"

// Tax is the period for what a tax record needs in Canada: six years from the end of the year it relates to
// (Income Tax Act s. 230(4)(b)). It counts from the end of the calendar year of collection, which is the tax
// year of a person; a corporation with another fiscal year needs another rule.
func Tax() purpose.Retention {
	return purpose.Retention{
		Class: "tax", Keep: purpose.Period{Years: 6}, From: purpose.FromYearEnd,
		Minimum: purpose.Period{Years: 6}, Citation: "Income Tax Act (Canada) s. 230(4)(b)",
	}
}

// MoneyLaundering is the period of the federal anti-money-laundering rules: five years from the closing of the account
// (PCMLTFR s. 148(1)). They bind only the trades that the Act lists; do not use it because a policy mentions the subject.
func MoneyLaundering() purpose.Retention {
	return purpose.Retention{
		Class: "aml", Keep: purpose.Period{Years: 5}, From: purpose.FromAccountClosed,
		Minimum: purpose.Period{Years: 5}, Citation: "SOR/2002-184 s. 148(1)",
	}
}
