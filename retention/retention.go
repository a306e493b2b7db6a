package retention

import "github.com/purposebound/purposebound/purpose"

// Tax is the period for what a tax record needs in Canada: six years from the end of the last taxation year it relates to
// (Income Tax Act s. 230(4)(b)). It counts from the end of the calendar year of collection, which is the tax
// year of a person; a corporation with another fiscal year needs another rule. It is longer if a return is late or
// contested (s. 230(5) and (6)).
func Tax() purpose.Retention {
	return purpose.Retention{
		Class: "tax", Keep: purpose.Period{Years: 6}, From: purpose.FromYearEnd,
		Minimum: purpose.Period{Years: 6}, Citation: "Income Tax Act (Canada) s. 230(4)(b)",
	}
}

// MoneyLaundering is the period of the federal anti-money-laundering rules: five years from the closing of the account
// (PCMLTFR s. 148(1)(a)); other records count from the last transaction or from their creation (148(1)(b) and (c)). They bind only the
// trades that the Act lists; do not use it because a policy mentions the subject.
func MoneyLaundering() purpose.Retention {
	return purpose.Retention{
		Class: "aml", Keep: purpose.Period{Years: 5}, From: purpose.FromAccountClosed,
		Minimum: purpose.Period{Years: 5}, Citation: "SOR/2002-184 s. 148(1)",
	}
}

// IncidentRegister is the period of Québec's register of confidentiality incidents: five years from when the organisation became aware of the incident
// (CQLR c., r. 3.1, s. 8). It counts from collection: what is entered later than it became known is kept so much longer.
func IncidentRegister() purpose.Retention {
	return purpose.Retention{
		Class: "incident_register", Keep: purpose.Period{Years: 5}, From: purpose.FromCollection,
		Minimum: purpose.Period{Years: 5}, Citation: "CQLR c. A-2.1, r. 3.1, s. 8",
	}
}

// BreachRecord is the period of the federal record of breaches of security safeguards: 24 months from the day on which it was determined that there
// was one (SOR/2018-64 s. 6). It counts from collection, as [IncidentRegister] does.
func BreachRecord() purpose.Retention {
	return purpose.Retention{
		Class: "breach_federal", Keep: purpose.Period{Months: 24}, From: purpose.FromCollection,
		Minimum: purpose.Period{Months: 24}, Citation: "SOR/2018-64 s. 6",
	}
}
