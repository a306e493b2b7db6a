package rights

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"slices"
	"time"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/pii"
	"github.com/purposebound/purposebound/purpose"
)

// Disclosures reads the audit: who got what of a person.
type Disclosures interface {
	// Disclosures must yield every access of the person's data that was recorded and permitted under which it left to a recipient. It may yield others.
	Disclosures(ctx context.Context, s consent.Subject) iter.Seq2[pii.Access, error]
}

// Masker takes out of a text what is about people. A *scrub.Scrubber of package redact/scrub is one.
type Masker interface {
	// Scrub must return the text without what is about people. It must be safe for concurrent use.
	Scrub(text string) string
}

// Field is one field that holds a value of the person, as the program hands it over.
type Field struct {
	Place  string // where it is, for the person to read: "message of 3 May"
	Case   string // the case it belongs to, if any: it tells when it ends
	Shared bool   // others may be in it, as in a message: it goes through the masker

	// Verified is when the person last said that it is still so, as the program knows it: until then it was accurate (PIPEDA 4.6). Zero: not since it was collected, which is since
	// when it was rectified for what [Rectify] sealed.
	Verified time.Time

	describe func(*pii.Vault) (pii.Description, error)
	reveal   func(*pii.Use) (string, error)
}

// FieldOf returns a field to hand over. One that is absent is left out of what is written.
func FieldOf[K pii.Kind](place string, s pii.Sealed[K]) Field {
	return Field{Place: place, describe: s.Describe, reveal: func(use *pii.Use) (string, error) {
		v, err := s.Reveal(use)
		if err != nil {
			return "", err
		}
		return v.Plaintext(), nil
	}}
}

// BoundFieldOf is FieldOf for a field that was sealed by [pii.Sealed.SealBound] with the record.
func BoundFieldOf[K pii.Kind](place string, s pii.Sealed[K], record string) Field {
	return Field{Place: place, describe: s.Describe, reveal: func(use *pii.Use) (string, error) {
		v, err := s.RevealBound(use, record)
		if err != nil {
			return "", err
		}
		return v.Plaintext(), nil
	}}
}

// Written counts what was given out, for the answer on file.
type Written struct {
	Values   int // given out
	Withheld int // named, and not shown: their time is over, or others are in them and there is no masker
	Left     int // not named: erased; inferred, in what is portable; or kept for silent purposes alone
}

// The report as JSON. Names and order are stable; a name may be added, and is left out where there is nothing to say.
type (
	reportJSON struct {
		Format      string           `json:"format"`
		Made        time.Time        `json:"made"`
		Policy      string           `json:"policy"`
		Officer     string           `json:"officer"`
		Values      []valueJSON      `json:"values"`
		Purposes    []purposeJSON    `json:"purposes"`
		Recipients  []recipientJSON  `json:"recipients"`
		Disclosures []disclosureJSON `json:"disclosures"`
	}
	valueJSON struct {
		Attribute purpose.Attribute `json:"attribute"`
		Place     string            `json:"place"`
		Value     string            `json:"value,omitempty"`
		Withheld  string            `json:"withheld,omitempty"`
		Masked    bool              `json:"masked,omitempty"`
		Origin    string            `json:"origin"`
		Since     time.Time         `json:"since"`
		Verified  time.Time         `json:"verified,omitzero"`
		Until     time.Time         `json:"until,omitzero"`
		Purposes  []endJSON         `json:"purposes"`
	}
	endJSON struct {
		ID    purpose.ID `json:"id"`
		Until time.Time  `json:"until,omitzero"`
	}
	textJSON struct {
		EN string `json:"en"`
		FR string `json:"fr"`
	}
	purposeJSON struct {
		ID       purpose.ID `json:"id"`
		Title    textJSON   `json:"title"`
		Basis    string     `json:"basis"`
		Citation string     `json:"citation,omitempty"`
		Keep     string     `json:"keep"`
		From     string     `json:"from"`

		AfterConsent string `json:"after_consent,omitempty"`
	}
	recipientJSON struct {
		ID           string                 `json:"id"`
		Name         string                 `json:"name"`
		Kind         string                 `json:"kind"`
		Jurisdiction purpose.Jurisdiction   `json:"jurisdiction"`
		Storage      []purpose.Jurisdiction `json:"storage,omitempty"`
		Purposes     []purpose.ID           `json:"purposes"`
	}
	disclosureJSON struct {
		Recipient string            `json:"recipient"`
		Name      string            `json:"name,omitempty"`
		Purpose   purpose.ID        `json:"purpose"`
		Attribute purpose.Attribute `json:"attribute"`
		First     time.Time         `json:"first"`
		Last      time.Time         `json:"last"`
		Times     int               `json:"times"`
	}
)

var originText = [...]string{"unknown", "provided", "observed", "inferred"}

// WriteAccess writes what a request for access asks for, as JSON: each value with where it is from, since and until when and what for; the purposes with their titles and
// grounds; the recipients these can go to; and who got what (P-39.1 ss. 8, 27; PIPEDA 4.9.1, 4.9.3). It is written while the person's data is in use, in one piece and only if
// all of it could be told: a field that is somebody else's, a failing audit or ledger leave w untouched. A withdrawal waits for w: give a file or a buffer, not a slow connection.
func (d *Desk) WriteAccess(ctx context.Context, who purpose.Actor, s consent.Subject, id string, fields []Field, w io.Writer) (Written, error) {
	if missing(w) {
		return Written{}, ErrInvalid
	}
	if _, err := d.pending(ctx, who, s, id, Access); err != nil {
		return Written{}, err
	}
	policy := d.policy()
	out := reportJSON{
		Format: "rights-access/1", Made: d.now(), Policy: policy.Version(), Officer: policy.Officer(),
		Values: []valueJSON{}, Purposes: []purposeJSON{}, Recipients: []recipientJSON{}, Disclosures: []disclosureJSON{},
	}
	var err error
	if out.Disclosures, err = d.disclosures(ctx, policy, s); err != nil {
		return Written{}, err
	}
	var done Written
	err = d.own.Do(ctx, who, s, func(use *pii.Use) error {
		var ids []purpose.ID
		for i := range fields {
			v, about, err := d.value(use, s, &fields[i], false)
			switch {
			case errors.Is(err, pii.ErrAbsent):
				continue
			case err != nil:
				return err
			case v == nil:
				done.Left++
				continue
			case v.Withheld != "":
				done.Withheld++
			default:
				done.Values++
			}
			out.Values = append(out.Values, *v)
			ids = append(ids, about...)
		}
		for _, x := range out.Disclosures {
			ids = append(ids, x.Purpose)
		}
		slices.Sort(ids)
		out.describe(policy, slices.Compact(ids))
		return writeJSON(w, out)
	})
	if err != nil {
		return Written{}, err
	}
	return done, nil
}

func writeJSON(w io.Writer, x any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	if err := e.Encode(x); err != nil {
		return err
	}
	_, err := w.Write(b.Bytes())
	return err
}

// value returns what is told of a field, and its purposes; nil for one whose key is destroyed, that is kept for silent purposes alone or, of what is to be portable, was inferred.
func (d *Desk) value(use *pii.Use, s consent.Subject, f *Field, portable bool) (*valueJSON, []purpose.ID, error) {
	if f.describe == nil || f.reveal == nil {
		return nil, nil, ErrInvalid
	}
	about, err := f.describe(d.config.Vault)
	if err != nil {
		return nil, nil, err
	}
	told := slices.DeleteFunc(slices.Clone(about.Purposes), d.silent)
	v := &valueJSON{Attribute: about.Attribute, Place: f.Place, Since: about.Collected, Verified: f.Verified.UTC(), Origin: originText[0], Purposes: []endJSON{}}
	if int(about.Origin) < len(originText) {
		v.Origin = originText[about.Origin]
	}
	if len(told) == 0 || portable && about.Origin != pii.Provided && about.Origin != pii.Observed {
		return nil, nil, nil
	}
	// The value is opened also where it is masked or withheld: that it is hers is known only then.
	text, err := f.reveal(use)
	reason, _ := errors.AsType[purpose.Reason](err)
	switch {
	case err != nil && reason == purpose.Erased: // whose it was cannot be known any more
		return nil, nil, nil
	case err != nil && reason == purpose.RetentionExpired:
		v.Withheld = reason.String()
	case err != nil:
		return nil, nil, err
	case f.Shared && d.config.Masker == nil:
		v.Withheld = OtherPersons.String()
	case f.Shared:
		v.Value, v.Masked = d.config.Masker.Scrub(text), true
	default:
		v.Value = text
	}
	for _, id := range told {
		end := endJSON{ID: id}
		if spec, ok := d.spec(id, about.Collected); ok {
			if end.Until, err = d.until(use.Context(), s, &spec, about.Collected); err != nil {
				return nil, nil, &outage{"ledger", err}
			}
		}
		v.Purposes = append(v.Purposes, end)
	}
	if d.config.Until != nil && !portable {
		if v.Until, err = d.config.Until(use.Context(), s, about, f.Case); err != nil {
			return nil, nil, &outage{"retention", err}
		}
	}
	return v, told, nil
}

// until is the end of a period that needs nothing but the day of collection, or the end of consent; zero for another.
func (d *Desk) until(ctx context.Context, s consent.Subject, spec *purpose.Spec, collected time.Time) (end time.Time, err error) {
	r := &spec.Retention
	switch r.From {
	case purpose.FromCollection:
		end = r.Keep.After(collected)
	case purpose.FromYearEnd:
		end = r.Keep.After(time.Date(collected.UTC().Year()+1, time.January, 1, 0, 0, 0, 0, time.UTC))
	}
	if r.AfterConsent.IsZero() {
		return end, nil
	}
	f, err := d.registry.Facts(ctx, s)
	if err != nil {
		return time.Time{}, err
	}
	if ended, reason := d.policy().ConsentEnded(cmp.Or(r.Class, spec.Domain), f); reason == purpose.Permitted && !ended.IsZero() {
		if ended.Before(collected) {
			ended = collected
		}
		if sooner := r.AfterConsent.After(ended); end.IsZero() || sooner.Before(end) {
			end = sooner
		}
	}
	return end, nil
}

// spec returns the purpose as it is now, or as it was when something was collected for it.
func (d *Desk) spec(id purpose.ID, collected time.Time) (purpose.Spec, bool) {
	spec, ok := d.policy().Spec(id)
	if !ok {
		spec, ok = d.policy().At(collected.AddDate(0, 0, 1)).Spec(id) // the time is cut to the day
	}
	return spec, ok
}

func (d *Desk) silent(id purpose.ID) bool {
	return slices.ContainsFunc(d.config.Silent, func(above purpose.ID) bool { return id.Within(above) })
}

// describe fills in what concerns the purposes.
func (out *reportJSON) describe(policy *purpose.Policy, ids []purpose.ID) {
	document := policy.Document()
	for _, id := range ids {
		spec, ok := policy.Spec(id)
		if !ok {
			continue // an earlier version's: what it was for is told by its id
		}
		told := purposeJSON{
			ID: id, Title: textJSON{spec.Title.EN, spec.Title.FR}, Basis: spec.Basis.String(), Citation: spec.Citation,
			Keep: spec.Retention.Keep.String(), From: spec.Retention.From.String(),
		}
		if after := spec.Retention.AfterConsent; !after.IsZero() {
			told.AfterConsent = after.String()
		}
		out.Purposes = append(out.Purposes, told)
	}
	for _, r := range document.Recipients {
		var gets []purpose.ID
		for _, id := range ids {
			if spec, ok := policy.Spec(id); ok && slices.Contains(spec.Recipients, r.Role) && (r.Kind == purpose.Authority || slices.Contains(r.Contract.Purposes, id)) {
				gets = append(gets, id)
			}
		}
		if len(gets) > 0 {
			out.Recipients = append(out.Recipients, recipientJSON{ID: r.ID, Name: r.Name, Kind: r.Kind.String(), Jurisdiction: r.Jurisdiction, Storage: r.Storage, Purposes: gets})
		}
	}
	slices.SortFunc(out.Recipients, func(a, b recipientJSON) int { return compare(a.ID, b.ID) })
}

// disclosed reports whether an access is one by which the person's data left.
func disclosed(a *pii.Access, s consent.Subject) bool {
	return a.Subject == s && a.Reason == purpose.Permitted && a.Recipient != "" && a.Attribute != ""
}

// disclosures reads who got what, by recipient, purpose and attribute.
func (d *Desk) disclosures(ctx context.Context, policy *purpose.Policy, s consent.Subject) ([]disclosureJSON, error) {
	out := []disclosureJSON{}
	names := make(map[string]string)
	for _, r := range policy.Document().Recipients {
		names[r.ID] = r.Name
	}
	for a, err := range d.config.Disclosures.Disclosures(ctx, s) {
		if err != nil {
			return nil, &outage{"audit", err}
		}
		if !disclosed(&a, s) || d.silent(a.Purpose) {
			continue
		}
		at := a.Time.UTC()
		i := slices.IndexFunc(out, func(x disclosureJSON) bool {
			return x.Recipient == a.Recipient && x.Purpose == a.Purpose && x.Attribute == a.Attribute
		})
		if i < 0 {
			out = append(out, disclosureJSON{Recipient: a.Recipient, Name: names[a.Recipient], Purpose: a.Purpose, Attribute: a.Attribute, First: at, Last: at})
			i = len(out) - 1
		}
		x := &out[i]
		x.Times += max(a.Count, 1)
		if at.Before(x.First) {
			x.First = at
		}
		if at.After(x.Last) {
			x.Last = at
		}
	}
	slices.SortFunc(out, func(a, b disclosureJSON) int {
		return compare(a.Recipient, b.Recipient, string(a.Purpose), string(b.Purpose), string(a.Attribute), string(b.Attribute))
	})
	return out, nil
}

// compare compares pairs of texts, the first first.
func compare(pairs ...string) int {
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i] != pairs[i+1] {
			if pairs[i] < pairs[i+1] {
				return -1
			}
			return 1
		}
	}
	return 0
}
