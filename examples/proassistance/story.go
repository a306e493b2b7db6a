package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/language"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/pii"
	"github.com/purposebound/purposebound/pii/phone"
	"github.com/purposebound/purposebound/purpose"
)

const stampLayout = "2006-01-02 15:04"

// Who the story is about.
const (
	marie  consent.Subject = "c-001"
	seda   consent.Subject = "c-002"
	rejean consent.Subject = "p-001"
)

// Who works at the office.
var (
	sandrine   = purpose.Actor{Role: SupportAgent, ID: "a-01"}
	dispatcher = purpose.Actor{Role: Dispatcher, ID: "d-01"}
	listener   = purpose.Actor{Role: QualityAnalyst, ID: "q-01"}
	analyst    = purpose.Actor{Role: DataAnalyst, ID: "s-01"}
	mailer     = purpose.Actor{Role: Mailer, ID: "mailer"}
)

// story is the scenes and what they play with.
type story struct {
	*page
	office   *office
	data     *dataset
	again    bool // somebody was there before this run
	imported time.Duration

	desk     supportDesk
	field    fieldWork
	mail     mailing
	progress callRoom
	quality  callRoom
	study    statistics
}

// tell hands out the accessors, once and at the start, and plays the scenes in their order.
func (s *story) tell(ctx context.Context) error {
	var errs []error
	accessor := func(id purpose.ID) *pii.Accessor {
		a, err := s.office.vault.Accessor(id)
		errs = append(errs, err)
		return a
	}
	s.desk = supportDesk{accessor(SupportAssist)}
	s.field = fieldWork{accessor(ServiceProToClient)}
	s.mail = mailing{accessor(Newsletter), func(pii.Value[pii.Email]) error { return nil }} // no mail leaves this machine
	s.progress = callRoom{accessor(ServiceProgress)}
	s.quality = callRoom{accessor(SupportQuality)}
	s.study = statistics{accessor(Analytics)}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	for _, scene := range []func(context.Context) error{
		s.intake, s.support, s.newsletter, s.professional, s.recording, s.ages, s.withdrawal, s.pasted, s.intruder,
	} {
		if err := scene(ctx); err != nil {
			return err
		}
	}
	return nil
}

// cover prints what the program is and where its files are.
func (p *page) cover(o *office, again bool) {
	p.print("ProAssistance: personal data that opens only for what it was given for")
	p.Line("database", o.path)
	p.Line("audit", o.path+".audit.jsonl")
	p.Line("key", o.path+".kek, in clear; a real service keeps it in a KMS")
	if again {
		p.Line("continues", "what was done stays done, and nothing is taken in twice")
	}
}

// expected turns a refusal the story counts on into something to print, and everything else into an error.
func expected(err error) error {
	if err == nil {
		return errors.New("the story expected a refusal, and the value was opened")
	}
	if errors.Is(err, purpose.ErrUnavailable) {
		return err
	}
	return nil
}

func (s *story) intake(ctx context.Context) error {
	now, err := s.office.counts(ctx)
	if err != nil {
		return err
	}
	s.Scene("Everybody is taken in",
		"Each is shown the notice and answers. The answers go to the ledger, the data is sealed.")
	s.Line("taken in", fmt.Sprintf("%d people, %d jobs, %d messages, %d calls", now.people, now.jobs, now.messages, now.calls))
	if s.again {
		s.Line("", "all of them by an earlier run")
	} else {
		s.Line("", fmt.Sprintf("%d values sealed and %d events recorded in %v", now.values, now.events, s.imported.Round(10*time.Millisecond)))
	}
	m, err := one[personRow](ctx, s.office.db, string(marie))
	if err != nil {
		return err
	}
	s.Line("Marie", fmt.Sprintf("is %s; printed, her row shows %v and %v", m.ID, m.Name, m.Phone))
	return nil
}

func (s *story) support(ctx context.Context) error {
	s.Scene("Support calls Marie back",
		"Sandrine’s purpose is “support.assist”. It opens what a call back takes, and no more.")
	m, err := one[personRow](ctx, s.office.db, string(marie))
	if err != nil {
		return err
	}
	err = s.desk.CallBack(ctx, sandrine, &m, func(number pii.Value[phone.Phone]) {
		s.Line("phone", "opened: "+number.Plaintext())
	})
	if err != nil {
		return err
	}
	err = s.desk.Born(ctx, sandrine, &m)
	s.Refused("birth date", "", err)
	return expected(err)
}

func (s *story) newsletter(ctx context.Context) error {
	s.Scene("The newsletter goes to those who said yes",
		"The mailer asks for everybody’s address. To open one is to ask for consent, at that moment.")
	people, err := find[personRow](ctx, s.office.db, "1 ORDER BY id")
	if err != nil {
		return err
	}
	result, err := s.mail.Send(ctx, mailer, people)
	if err != nil {
		return err
	}
	s.mailed(result)
	// The next letter is put in the queue for the readers of this one.
	return s.office.write(ctx, func(tx *sql.Tx) error {
		var campaign int
		if err := tx.QueryRowContext(ctx, "SELECT coalesce(max(campaign), 0) + 1 FROM letters").Scan(&campaign); err != nil {
			return err
		}
		for _, reader := range result.sent {
			if _, err := tx.ExecContext(ctx, "INSERT INTO letters VALUES (?, ?, 'queued')", campaign, string(reader)); err != nil {
				return err
			}
		}
		return nil
	})
}

// mailed prints how a mailing went.
func (s *story) mailed(m mailed) {
	s.Line("opened", fmt.Sprintf("%d addresses", len(m.sent)))
	for _, reason := range m.reasons() {
		s.Line("refused", fmt.Sprintf("%d, %v. %s", len(m.refused[reason]), reason, reason.Explain(language.English)))
		s.Line("", "« "+reason.Explain(language.CanadianFrench)+" »")
	}
}

func (s *story) professional(ctx context.Context) error {
	s.Scene("The professional sees the client while the job is open",
		"For his own open job Réjean gets what he needs to go there. Closing it takes that away at once.")
	if s.again {
		last, err := find[jobRow](ctx, s.office.db, "professional = ? AND closed > '' ORDER BY closed DESC LIMIT 1", string(rejean))
		if err != nil {
			return err
		}
		for i := range last {
			if err := s.visit(ctx, &last[i], "closed "+last[i].Closed); err != nil {
				return err
			}
		}
	}
	open, err := find[jobRow](ctx, s.office.db, "professional = ? AND status = 'open' ORDER BY id LIMIT 1", string(rejean))
	if err != nil {
		return err
	}
	if len(open) == 0 {
		s.Line("", "He has no open job any more: earlier runs closed them all.")
		return nil
	}
	j := &open[0]
	if err := s.visit(ctx, j, "open"); err != nil {
		return err
	}
	if err := s.close(ctx, j); err != nil {
		return err
	}
	return s.visit(ctx, j, "closed now")
}

// visit lets Réjean ask for the client of a job.
func (s *story) visit(ctx context.Context, j *jobRow, state string) error {
	client, err := one[personRow](ctx, s.office.db, string(j.Client))
	if err != nil {
		return err
	}
	err = s.field.Visit(ctx, rejean, j.ID, &client, func(c contact) {
		s.Line(j.ID, state+"; opened: "+c.name.Plaintext()+", "+c.phone.Plaintext()+", "+c.address.Plaintext())
	})
	if err == nil || !errors.Is(err, purpose.ErrDenied) {
		return err
	}
	s.Refused(j.ID, state+"; ", err)
	return nil
}

// close ends a job, in the ledgers of both parties first: from then on it opens nothing, whatever the table says.
func (s *story) close(ctx context.Context, j *jobRow) error {
	event := consent.Event{Kind: consent.CaseClosed, Case: j.ID}
	for _, party := range []consent.Subject{j.Client, j.Professional} {
		if _, err := s.office.registry.Record(ctx, party, event); err != nil {
			return err
		}
	}
	return s.office.write(ctx, func(tx *sql.Tx) error {
		now := s.office.registry.Now().Format(stampLayout)
		_, err := tx.ExecContext(ctx, "UPDATE jobs SET status = 'closed', closed = ? WHERE id = ?", now, j.ID)
		return err
	})
}

func (s *story) recording(ctx context.Context) error {
	s.Scene("A recording is asked for in order to follow the work",
		"The dispatcher follows the work under “progress”, the analyst reviews calls under “quality”.")
	calls, err := find[callRow](ctx, s.office.db, "subject = ? ORDER BY id LIMIT 1", string(marie))
	if err != nil {
		return err
	}
	if len(calls) == 0 {
		return errors.New("story: there is no call to listen to")
	}
	play := func(r pii.Value[Recording]) { s.Line("quality", "opened: "+r.Plaintext()) }
	err = s.progress.Listen(ctx, dispatcher, &calls[0], play)
	s.Refused("progress", "", err)
	if err := expected(err); err != nil {
		return err
	}
	return s.quality.Listen(ctx, listener, &calls[0], play)
}

func (s *story) ages(ctx context.Context) error {
	s.Scene("How old are the clients?",
		"Statistics open nothing: only the decade of the age leaves. Counts under five are not told.")
	clients, err := find[personRow](ctx, s.office.db, "kind = 'client' ORDER BY id")
	if err != nil {
		return err
	}
	ages, err := s.study.Ages(ctx, analyst, clients, s.office.registry.Now())
	if err != nil {
		return err
	}
	bands := make([]string, 0, len(ages))
	for _, band := range slices.Sorted(maps.Keys(ages)) {
		n := strconv.Itoa(ages[band])
		if ages[band] < tooFew {
			n = "<" + strconv.Itoa(tooFew)
		}
		bands = append(bands, strings.Replace(band, "-", "–", 1)+": "+n)
	}
	s.Line("ages", strings.Join(bands, "   "))
	err = s.study.Born(ctx, analyst, &clients[0])
	s.Refused("birth date", "", err)
	return expected(err)
}

func (s *story) withdrawal(ctx context.Context) error {
	registry := s.office.registry
	state, err := registry.State(ctx, marie, Newsletter)
	if err != nil {
		return err
	}
	if state.Status == purpose.Withdrawn {
		s.Scene("Marie had withdrawn, and her letter is still in the queue",
			"She left the newsletter in an earlier run. Only a new act of hers could change that.")
		s.Line("Marie", "withdrew on "+state.Since.UTC().Format(stampLayout)+" UTC")
	} else {
		s.Scene("Marie withdraws while a letter to her is in the queue",
			"The queue was made while she consented. What counts is the moment of sending.")
		w, err := registry.Withdraw(ctx, marie, Newsletter)
		if err != nil {
			return err
		}
		s.Line("Marie", fmt.Sprintf("withdraws; %d uses under way had to be waited for", w.Drained+w.Cancelled))
	}

	queue, err := find[personRow](ctx, s.office.db, "id IN (SELECT subject FROM letters WHERE state <> 'sent') ORDER BY id")
	if err != nil {
		return err
	}
	result, err := s.mail.Send(ctx, mailer, queue)
	if err != nil {
		return err
	}
	s.Line("queue", fmt.Sprintf("%d letters, %d sent and %d refused", len(queue), len(result.sent), len(queue)-len(result.sent)))
	for _, reason := range result.reasons() {
		s.Refused("", "", result.refused[reason][0])
	}
	if err := s.sent(ctx, result.sent); err != nil {
		return err
	}

	// Queues deliver twice. The old form has the id it had, so it is known, and is not a new act.
	if _, err := registry.Grant(ctx, marie, Newsletter, signedForm(Newsletter)); err != nil {
		return err
	}
	if state, err = registry.State(ctx, marie, Newsletter); err != nil {
		return err
	}
	if state.Status != purpose.Withdrawn {
		return errors.New("an old form brought a consent back")
	}
	s.Line("old form", "her “yes” of long ago is delivered once more; she stays withdrawn")
	return nil
}

func (s *story) sent(ctx context.Context, to []consent.Subject) error {
	return s.office.write(ctx, func(tx *sql.Tx) error {
		for _, reader := range to {
			if _, err := tx.ExecContext(ctx, "UPDATE letters SET state = 'sent' WHERE subject = ?", string(reader)); err != nil {
				return err
			}
		}
		return nil
	})
}

// pasted copies tokens to where they do not belong, in a transaction that is undone at the end.
func (s *story) pasted(ctx context.Context) error {
	s.Scene("Somebody with the database moves sealed values around",
		"A token is bound to its person, its field and, if the program wishes, its row.")
	tx, err := s.office.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()

	other, err := s.moveTokens(ctx, tx)
	if err != nil {
		return err
	}
	victim, err := one[personRow](ctx, tx, string(seda))
	if err != nil {
		return err
	}
	own, err := one[personRow](ctx, tx, string(marie))
	if err != nil {
		return err
	}
	tries := []struct {
		label string
		err   error
		want  error
	}{
		{"phone of Marie in the row of another", s.desk.CallBack(ctx, sandrine, &victim, func(pii.Value[phone.Phone]) {}), pii.ErrWrongSubject},
		{"her phone in her own e-mail column", s.desk.Email(ctx, sandrine, &own), pii.ErrWrongAttribute},
		{"a work order in another job of the client", s.desk.WorkOrder(ctx, sandrine, &other), pii.ErrWrongRecord},
	}
	for _, try := range tries {
		if !errors.Is(try.err, try.want) {
			return fmt.Errorf("%s: %w", try.label, errors.Join(try.err, errors.New("another answer was expected")))
		}
		s.print("     " + pad(try.label, 43) + "refused: " + try.err.Error())
	}
	return nil
}

// moveTokens does the damage, and returns the job that has another's work order.
func (s *story) moveTokens(ctx context.Context, tx *sql.Tx) (jobRow, error) {
	for _, statement := range []string{
		"UPDATE people SET phone = (SELECT phone FROM people WHERE id = 'c-001') WHERE id = 'c-002'",
		"UPDATE people SET email = phone WHERE id = 'c-001'",
	} {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return jobRow{}, err
		}
	}
	const several = "client = (SELECT client FROM jobs GROUP BY client HAVING count(*) > 1 ORDER BY client LIMIT 1) ORDER BY id"
	jobs, err := find[jobRow](ctx, tx, several)
	if err != nil {
		return jobRow{}, err
	}
	if len(jobs) < 2 {
		return jobRow{}, errors.New("no client has two jobs")
	}
	jobs[1].WorkOrder = jobs[0].WorkOrder
	_, err = tx.ExecContext(ctx, "UPDATE jobs SET work_order = ? WHERE id = ?", jobs[0].WorkOrder, jobs[1].ID)
	return jobs[1], err
}

// intruder reads the table with plain SQL, as anyone who copied the file can.
func (s *story) intruder(ctx context.Context) error {
	s.Scene("The table as an intruder sees it",
		"SELECT id, name, email, phone FROM people: the ends of what is stored, without the key file.")
	result, err := s.office.db.QueryContext(ctx, "SELECT id, name, email, phone FROM people ORDER BY id LIMIT 4")
	if err != nil {
		return err
	}
	defer result.Close()
	for result.Next() {
		var id, name, email, number string
		if err := result.Scan(&id, &name, &email, &number); err != nil {
			return err
		}
		s.print("     " + pad(id, 8) + ends(name) + "   " + ends(email) + "   " + ends(number))
	}
	if err := result.Err(); err != nil {
		return err
	}
	return s.searchFiles()
}

// ends returns the first and last characters of a token.
func ends(token string) string {
	if len(token) < 24 {
		return token
	}
	return token[:12] + "…" + token[len(token)-12:]
}

// searchFiles looks in the bytes of the files for what was taken in.
func (s *story) searchFiles() error {
	var content []byte
	for _, suffix := range []string{"", "-wal", ".audit.jsonl"} {
		text, err := os.ReadFile(s.office.path + suffix)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		content = append(content, text...)
	}
	var texts []string
	for i := range s.data.People {
		p := &s.data.People[i]
		texts = append(texts, p.Email, p.Phone, strings.ReplaceAll(p.Phone, "-", ""))
	}
	hits := len(found(content, texts))
	s.Line("searched", fmt.Sprintf("%d KB of files for everybody’s e-mail address and phone: %d found", len(content)>>10, hits))
	return nil
}
