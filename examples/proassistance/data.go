package main

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/purpose"
)

// peopleJSON holds people who do not exist. Telephone numbers are of the range 555-01XX, which is kept for fiction,
// e-mail and internet addresses of the ranges kept for documentation (RFC 2606, 5737 and 3849), and civic numbers,
// postal codes and amounts are drawn by lot within what the municipality has.
//
//go:embed testdata/people.json
var peopleJSON []byte

// dataset is what the example plays with: in a real program, rows of the tables it already has.
type dataset struct {
	People   []person  `json:"people"`
	Jobs     []job     `json:"jobs"`
	Messages []message `json:"messages"`
	Calls    []call    `json:"calls"`
	Visits   []visit   `json:"visits"`
}

// person is a client or a professional, in clear: what somebody types into a form, before it is sealed.
type person struct {
	ID            consent.Subject `json:"id"`
	Kind          string          `json:"kind"` // "client" or "professional"
	Name          string          `json:"name"`
	Email         string          `json:"email"`
	Phone         string          `json:"phone"`
	Address       string          `json:"address"`
	BirthDate     string          `json:"birth_date"`
	Gender        string          `json:"gender"`   // F, M, X or U
	Language      string          `json:"language"` // "fr-CA" or "en"
	Location      string          `json:"location"` // municipality
	PaymentMethod string          `json:"payment_method"`
	Business      string          `json:"business,omitempty"` // of a professional
	Trades        []string        `json:"trades,omitempty"`   // of a professional
	// Granted and Refused are answers to questions about optional purposes. A purpose in neither was never answered.
	Granted []purpose.ID `json:"granted"`
	Refused []purpose.ID `json:"refused"`
}

// job is the work one client asked of one professional: the case both act in.
type job struct {
	ID           string          `json:"id"`
	Client       consent.Subject `json:"client"`
	Professional consent.Subject `json:"professional"`
	Trade        string          `json:"trade"`
	Status       string          `json:"status"` // "open" or "closed"
	Opened       time.Time       `json:"opened"`
	Closed       time.Time       `json:"closed,omitzero"`        // zero while open
	AmountCents  int64           `json:"amount_cents,omitempty"` // in Canadian cents, of a closed job
	Language     string          `json:"language"`
	WorkOrder    string          `json:"work_order"`
}

// message is one e-mail or text message about a job.
type message struct {
	ID       string    `json:"id"`
	Job      string    `json:"job"`
	From     string    `json:"from"` // a subject
	To       string    `json:"to"`   // a subject, or "support"
	Channel  string    `json:"channel"`
	At       time.Time `json:"at"`
	Language string    `json:"language"`
	Text     string    `json:"text"`
}

// call is one telephone call with the support desk.
type call struct {
	ID         string          `json:"id"`
	Subject    consent.Subject `json:"subject"` // who called
	Job        string          `json:"job"`
	Agent      string          `json:"agent"`
	At         time.Time       `json:"at"`
	Seconds    int             `json:"seconds"`
	Language   string          `json:"language"`
	Recording  string          `json:"recording"` // where the sound is stored
	Transcript string          `json:"transcript"`
}

// visit is one visit of the site. A visitor is not linked to a person: nothing here gives ground to.
type visit struct {
	Visitor  consent.Subject `json:"visitor"`
	At       time.Time       `json:"at"`
	IP       string          `json:"ip"`
	ISPIP    string          `json:"isp_ip"`
	Browser  string          `json:"browser"`
	System   string          `json:"system"`
	Referrer string          `json:"referrer"` // "" if none
	Sections []string        `json:"sections"`
	Pages    []string        `json:"pages"`
	Granted  []purpose.ID    `json:"granted"`
	Refused  []purpose.ID    `json:"refused"`
}

// load returns the people the example ships with.
func load() (*dataset, error) { return parse(peopleJSON) }

// parse reads a dataset. It refuses unknown fields, text after the object, ids that cannot name a subject or are
// there twice, and references to records that are not there. Errors name a record by its place, never a person.
func parse(text []byte) (*dataset, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	var data dataset
	if err := d.Decode(&data); err != nil {
		return nil, fmt.Errorf("proassistance: people: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("proassistance: people: more text after the object")
	}
	if err := data.check(); err != nil {
		return nil, err
	}
	return &data, nil
}

func (d *dataset) check() error {
	var faults []error
	fault := func(list string, i int, problem string) {
		faults = append(faults, fmt.Errorf("proassistance: %s[%d] %s", list, i, problem))
	}

	kinds := make(map[consent.Subject]string, len(d.People))
	subjects := make(map[consent.Subject]bool, len(d.People)+len(d.Visits))
	subject := func(list string, i int, id consent.Subject) {
		switch {
		case !id.Valid():
			fault(list, i, "has an id that cannot name a subject")
		case subjects[id]:
			fault(list, i, "has the id of another")
		}
		subjects[id] = true
	}
	for i, p := range d.People {
		subject("people", i, p.ID)
		if p.Kind != "client" && p.Kind != "professional" {
			fault("people", i, "is neither client nor professional")
		}
		kinds[p.ID] = p.Kind
	}

	jobs := make(map[string]*job, len(d.Jobs))
	for i := range d.Jobs {
		j := &d.Jobs[i]
		if j.ID == "" || jobs[j.ID] != nil {
			fault("jobs", i, "has no id of its own")
		}
		jobs[j.ID] = j
		if kinds[j.Client] != "client" || kinds[j.Professional] != "professional" {
			fault("jobs", i, "is not between a client and a professional")
		}
		switch {
		case j.Status == "open" && j.Closed.IsZero():
		case j.Status == "closed" && j.Closed.After(j.Opened):
		default:
			fault("jobs", i, "has a status that its dates deny")
		}
	}

	seen := make(map[string]bool, len(d.Messages)+len(d.Calls))
	for i, m := range d.Messages {
		if m.ID == "" || seen[m.ID] {
			fault("messages", i, "has no id of its own")
		}
		seen[m.ID] = true
		j := jobs[m.Job]
		if j == nil || !j.party(m.From) || m.To != "support" && !j.party(m.To) || m.From == m.To {
			fault("messages", i, "is not between the parties of its job and the support desk")
		}
	}
	for i, c := range d.Calls {
		if c.ID == "" || seen[c.ID] {
			fault("calls", i, "has no id of its own")
		}
		seen[c.ID] = true
		if j := jobs[c.Job]; j == nil || !j.party(string(c.Subject)) {
			fault("calls", i, "is not of a party of its job")
		}
	}
	for i, v := range d.Visits {
		subject("visits", i, v.Visitor)
	}
	return errors.Join(faults...)
}

// party reports whether id is the client or the professional of the job.
func (j *job) party(id string) bool {
	return id == string(j.Client) || id == string(j.Professional)
}
