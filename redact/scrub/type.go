package scrub

// A Type names what a finding is. It is written in capitals, as it stands in the tag that replaces the value: a [Type] "PHONE" becomes
// "[PHONE_1]". The zero Type names nothing. A program names its own types in [With]; they begin with a capital letter and go on with
// capitals, digits and underscores, at most 32 bytes in all.
type Type string

// The types that a Scrubber finds by itself. What each accepts is said in the package documentation.
const (
	Email          Type = "EMAIL"           // RFC 5321 mailbox as people write it
	Phone          Type = "PHONE"           // with its extension
	URL            Type = "URL"             // with scheme, "www." or a domain of a common top level
	IP             Type = "IP"              // IPv4 or IPv6, with a prefix length if one follows
	MAC            Type = "MAC"             // EUI-48 or EUI-64
	Handle         Type = "HANDLE"          // user name on a social network or in a messenger
	Card           Type = "CARD"            // payment card, ISO/IEC 7812, and its verification code beside a word that says so
	IBAN           Type = "IBAN"            // ISO 13616
	Account        Type = "ACCOUNT"         // bank account, transit or routing number beside a word that says so
	Crypto         Type = "CRYPTO"          // address of a cryptocurrency
	SIN            Type = "SIN"             // Canadian social insurance number
	SSN            Type = "SSN"             // social security number of the United States
	NINO           Type = "NINO"            // national insurance number of the United Kingdom
	NIR            Type = "NIR"             // French social security number
	HealthNumber   Type = "HEALTH_NUMBER"   // of Québec, and of other provinces beside a word that says so
	DriverLicence  Type = "DRIVER_LICENCE"  // of Québec, Ontario, the United Kingdom; others beside a word that says so
	Passport       Type = "PASSPORT"        // beside a word that says so
	BusinessNumber Type = "BUSINESS_NUMBER" // Canadian BN with its program account, Québec NEQ
	Identifier     Type = "ID"              // number of a patient, client, employee or file beside a word that says so
	PostalCode     Type = "POSTAL_CODE"     // of Canada, the United States, the United Kingdom and France
	Address        Type = "ADDRESS"         // civic number and street, post office box
	Date           Type = "DATE"            // of any precision from a year to a fraction of a second
	Time           Type = "TIME"            // time of day that stands apart from a date
	Age            Type = "AGE"             // the number of years alone
	Person         Type = "PERSON"          // name of a person
	Place          Type = "PLACE"           // city, region, country, hospital
	Organisation   Type = "ORGANISATION"    // company, institution
	Title          Type = "TITLE"           // form of address or occupation beside a name
	Nationality    Type = "NATIONALITY"     // nationality, religion or politics
	KnownValue     Type = "KNOWN"           // a value given to [Known] that says no type
	Withheld       Type = "WITHHELD"        // text that could not be searched; it cannot be left out
)

// kind is a built-in Type as a small number, so that what is enabled is looked up in an array.
type kind uint8

const (
	kindEmail kind = iota
	kindPhone
	kindURL
	kindIP
	kindMAC
	kindHandle
	kindCard
	kindIBAN
	kindAccount
	kindCrypto
	kindSIN
	kindSSN
	kindNINO
	kindNIR
	kindHealth
	kindLicence
	kindPassport
	kindBusiness
	kindID
	kindPostal
	kindAddress
	kindDate
	kindTime
	kindAge
	kindPerson
	kindPlace
	kindOrganisation
	kindTitle
	kindNationality
	kindKnown
	kindWithheld
	kinds // how many there are
)

var builtin = [kinds]Type{
	Email, Phone, URL, IP, MAC, Handle, Card, IBAN, Account, Crypto, SIN, SSN, NINO, NIR, HealthNumber, DriverLicence,
	Passport, BusinessNumber, Identifier, PostalCode, Address, Date, Time, Age, Person, Place, Organisation, Title, Nationality, KnownValue, Withheld,
}

// wellFormed reports whether t can stand in a tag.
func (t Type) wellFormed() bool {
	if t == "" || len(t) > maxTypeName || t[0] < 'A' || t[0] > 'Z' {
		return false
	}
	for i := range len(t) {
		if c := t[i]; (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '_' {
			return false
		}
	}
	return true
}

const maxTypeName = 32
