package retentionsql_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/purpose"
	"github.com/purposebound/purposebound/retention"
)

// value is a value that is kept: a row of a table, with the check of its key and the ciphertext, as a backup of the table has them too.
type value struct {
	id          string
	attribute   purpose.Attribute
	compartment purpose.Compartment
	caseID      string
	collected   time.Time
	check       [16]byte
	cipher      []byte

	due  bool // when it is put on the agenda
	kept bool // in the end

	gone []deletion // of the row, as it was written down
}

// person is somebody whose values come to an end, or do not.
type person struct {
	subject consent.Subject
	kind    string
	values  []*value
	hold    *purpose.Hold // from before anything is due until the end
	contest *purpose.Hold // placed and released while things end
	erase   eraseHow

	// What became of the contest.
	accepted, refused bool
	left              int // rows that there were when it was accepted
}

// eraseHow says how a person's erasure is asked for.
type eraseHow int

const (
	noErasure  eraseHow = iota
	intended            // the request is on the agenda, and nobody is about it
	commanded           // one worker is told to
	everywhere          // both, and all workers at once
)

// item returns the item a value belongs to.
func (p *person) item(v *value) retention.Item {
	return retention.Item{Subject: p.subject, Compartment: v.compartment, Case: v.caseID, Collected: v.collected, Attributes: []purpose.Attribute{v.attribute}}
}

// items returns what the agenda is to have of the person before anything has ended: items of the values merged, by key.
func (p *person) items(of func(*value) bool) map[string]retention.Item {
	all := make(map[string]retention.Item)
	for _, v := range p.values {
		if !of(v) {
			continue
		}
		i := p.item(v)
		i.Due = time.Now().Add(-time.Hour)
		if !v.due {
			i.Due = time.Now().AddDate(0, 5, 0)
		}
		key := keyText(i)
		if other, there := all[key]; there {
			i, _ = other.Merge(i)
		}
		all[key] = i
	}
	return all
}

// keepsKey reports whether something is kept in the compartment in the end, and with it the keys.
func (p *person) keepsKey(c purpose.Compartment) bool {
	return slices.ContainsFunc(p.values, func(v *value) bool { return v.compartment == c && v.kept })
}

// kinds of people, in the order in which they are put.
var kinds = []string{"due", "mixed", "later", "held", "contested", "erased", "erased and contested"}

// invent makes up a person of a kind, with nothing sealed yet.
func invent(rng *rand.Rand, policy *purpose.Policy, kind string) (*person, error) {
	p := &person{subject: consent.NewSubject(), kind: kind}
	today := time.Now().UTC().Truncate(24 * time.Hour)
	long, yesterday := today.AddDate(-2, 0, rng.IntN(30)), today.AddDate(0, 0, -1)
	var fault error
	add := func(a purpose.Attribute, id purpose.ID, caseID string, collected time.Time, due, kept bool) {
		c, err := policy.Compartment(id)
		if err != nil {
			fault = err
		}
		p.values = append(p.values, &value{
			id: fmt.Sprintf("%s.%d", p.subject, len(p.values)), attribute: a, compartment: c, caseID: caseID, collected: collected, due: due, kept: kept,
		})
	}
	const file = "file-1"
	hold := func(caseID string) *purpose.Hold { return &purpose.Hold{ID: "hold", Purpose: disputes, Case: caseID} }
	either := func() string { return []string{"", file}[rng.IntN(2)] }
	switch kind {
	case "due":
		add(email, letters, "", long, true, false)
		add(email, disputes, "", long, true, false) // an item in two tables
		add(personName, disputes, "", long, true, false)
		add(birthDate, disputes, "", long.AddDate(0, 0, 1), true, false) // another under the same keys
	case "mixed":
		add(personName, disputes, "", long, true, false)
		add(birthDate, disputes, "", yesterday, false, true)
	case "later":
		hinted := rng.IntN(2) == 0 // what the agenda says of when is a hint
		add(email, letters, "", yesterday, hinted, true)
		add(personName, taxes, "", long, hinted, true)
	case "held":
		p.hold = hold(either())
		add(personName, disputes, file, long, true, true)
		add(email, letters, "", long, true, p.hold.Case == "")
		add(birthDate, disputes, "", long, true, p.hold.Case == "")
	case "contested":
		p.contest = hold(either())
		add(personName, disputes, file, long, true, false)
		add(email, disputes, file, long, true, false)
		if rng.IntN(2) == 0 {
			add(email, letters, "", long, true, false)
		}
	case "erased", "erased and contested":
		p.erase = intended + eraseHow(rng.IntN(3))
		add(email, letters, "", yesterday, false, false)
		add(personName, taxes, "", yesterday, false, true)
		add(birthDate, disputes, "", yesterday, false, false)
		if kind != "erased" {
			p.contest = hold("")
			break
		}
		if rng.IntN(2) == 0 {
			p.hold = hold(file)
			add(personName, disputes, file, yesterday, false, true)
		}
	}
	return p, fault
}

// seal makes the person's keys and rows.
func (c *campaign) seal(ctx context.Context, p *person) error {
	for _, v := range p.values {
		key, err := c.ring.MakeKey(ctx, p.subject, v.compartment)
		if err != nil {
			return err
		}
		if v.cipher, err = key.Encrypt([]byte(v.id), []byte(v.attribute)); err != nil {
			return err
		}
		v.check = key.Check()
		_, err = c.db.ExecContext(ctx, c.bind("INSERT INTO "+tableOf(v.attribute)+" (id, subject, compartment, case_id, attribute, collected, key_check, cipher) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"),
			v.id, string(p.subject), string(v.compartment), v.caseID, string(v.attribute), v.collected.Unix(), v.check[:], v.cipher)
		if err != nil && !strings.Contains(strings.ToLower(err.Error()), "duplicate") { // which it is when the answer to the first was lost
			return err
		}
	}
	return nil
}

// rows returns the ids of the rows there are of a person that a hold covers; all with nil.
func (c *campaign) rows(ctx context.Context, p *person, h *purpose.Hold) (all []string, err error) {
	all = []string{} // none is never nil, so that two looks compare
	for _, t := range []string{contacts, papers} {
		some, err := texts(c.db.QueryContext(ctx, c.bind("SELECT id FROM "+t+" WHERE subject = ?"), string(p.subject)))
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	slices.Sort(all)
	for _, v := range p.values {
		if h != nil && !h.Covers(v.caseID) {
			all = slices.DeleteFunc(all, func(id string) bool { return id == v.id })
		}
	}
	return all, nil
}

// opens reports whether the key store still opens a copy of a value, to a process that remembers nothing.
func (c *campaign) opens(ctx context.Context, p *person, v *value) error {
	ring, err := c.newRing(c.keys)
	if err != nil {
		return err
	}
	key, err := ring.Key(ctx, p.subject, v.compartment, v.check)
	if err != nil {
		return err
	}
	text, err := key.Decrypt(v.cipher, []byte(v.attribute))
	if err == nil && string(text) != v.id {
		err = errors.New("it opens as something else")
	}
	return err
}
