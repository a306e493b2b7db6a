package redactslog

import "strings"

// defaultKeys are names that say that what they hold is a secret or identifies a person, and hardly ever anything else. Names such as
// "name" and "address" are not here: they are more often a server's than a person's.
var defaultKeys = strings.Fields(`
	password passwd pwd passphrase passcode pin secret clientsecret sharedsecret token accesstoken refreshtoken idtoken bearertoken apitoken authtoken sessiontoken csrftoken
	authorization proxyauthorization credential credentials cookie setcookie apikey xapikey accesskey secretkey secretaccesskey privatekey encryptionkey signingkey
	otp totp mfacode recoverycode sessionid jwt bearer
	email emailaddress courriel adressecourriel phone phonenumber telephone telephonenumber mobilephone mobilenumber cellphone homephone workphone faxnumber
	firstname lastname middlename givenname familyname fullname surname maidenname prenom nomdefamille
	birthdate dateofbirth dob birthday datedenaissance
	sin ssn socialinsurancenumber socialsecuritynumber nationalid nationalinsurancenumber healthnumber healthcard healthinsurancenumber ramq passport passportnumber
	driverslicence driverslicense driverlicence driverlicense licencenumber
	cardnumber creditcard creditcardnumber cvv cvc cvv2 iban accountnumber bankaccount routingnumber
	streetaddress homeaddress mailingaddress postaladdress civicaddress postalcode codepostal zipcode
`)

// foldKey takes out of a name what does not tell names apart: case, and what joins words.
func foldKey(name string) string {
	plain := true
	for i := range len(name) {
		if c := name[i]; 'A' <= c && c <= 'Z' || c == '_' || c == '-' || c == '.' || c == ' ' || c >= 0x80 {
			plain = false
			break
		}
	}
	if plain {
		return name
	}
	return strings.Map(func(r rune) rune {
		switch r {
		case '_', '-', '.', ' ':
			return -1
		}
		return r
	}, strings.ToLower(name))
}

// match reports whether a folded name is of a folded pattern, in which "*" stands for any text.
func match(pattern, name string) bool {
	first, rest, wild := strings.Cut(pattern, "*")
	if !wild {
		return pattern == name
	}
	if !strings.HasPrefix(name, first) {
		return false
	}
	name = name[len(first):]
	for {
		var part string
		part, rest, wild = strings.Cut(rest, "*")
		if !wild {
			return strings.HasSuffix(name, part)
		}
		at := strings.Index(name, part)
		if at < 0 {
			return false
		}
		name = name[at+len(part):]
	}
}
