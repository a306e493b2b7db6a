package dossier

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"unicode/utf8"

	"github.com/purposebound/purposebound/redact/anonymity"
)

// A Config says what is measured, and against what. Original and Release are required, and so is either Earlier or First.
type Config struct {
	// Original is the table that the release was made of, with its direct identifiers declared. Every column of the release must be the same in it, but
	// for direct identifiers, which have no values.
	Original *anonymity.Table
	// Release is what is to be anonymised information. It must have no value of a direct identifier.
	Release *anonymity.Table
	// Earlier are all tables about these people that others may have already, by a name other than "original".
	Earlier map[string]*anonymity.Table
	// First says that there are none.
	First bool
	// Control are people of the same kind who are not in the release, with the columns of the original, for the attackers to try. Nil: half of the
	// original, who may be in the release. That makes the attackers right more often.
	Control *anonymity.Table
	// Readings are by column, and report whether a value of the release, or of an earlier one, stands for a value of the original: "30-39" for "34".
	// They are not asked about absent cells, which stand for everything. A column without one is read as the package comment says.
	Readings map[string]func(released, original string) bool
	// Person is the column of the original that tells people apart, of any role: rows with the same value of it are about one person, and everything is
	// counted by person. Empty: each row is taken for a person, which is an [ErrConfig] if several rows of the original have the same value of a direct
	// identifier. Where that is because people share it, as a name, name a column that they do not share. That the column tells people apart, and not rows, as the
	// number of an order would, nobody can see: the dossier has the number of people beside that of rows.
	//
	// The other tables have to say whom their rows are about as well: they come from [anonymity.Table.By] or are made of such a table by one of the packages
	// that generalise, or have values of the same column. The release alone may do neither: then it has the rows of the original in their order, each about
	// the person of the row with its number. That each agrees with that row is verified.
	Person string
	// Tokens are the columns of the release that are [anonymity.Other] and were written anew for it: pseudonyms, of which the original has none. Any other such column
	// must have no value that the original has not in it, for nothing measures what it says.
	Tokens []string
	// Limits are what the figures have to keep to; zero fields are defaults.
	Limits Limits
	// SmallCell is the least number of people that is shown, from 3 up. Zero: 11, as for [Limits.Class].
	SmallCell int
	// Seed chooses who is tried: the same seed, tables and limits give the same dossier.
	Seed uint64
}

// A Dossier is what was measured of one release and declared about it. It does not change and is safe for concurrent use; it comes from [Measure] or
// [Read], and the zero Dossier says nothing.
type Dossier struct {
	record *Record
}

// measurement is a dossier being made.
type measurement struct {
	record                     *Record
	world                      *world
	original, release, control *side
	earlier                    []earlier
	reportBefore, reportAfter  anonymity.Report
	tables                     [2]*anonymity.Table // the original and the release, with their people told apart
	ordered                    bool                // the release has the rows of the original in their order
}

type earlier struct {
	id   string
	side *side
}

// Measure takes the three criteria before and after. Risks beyond their limits are findings of the dossier and no error. It returns an
// [ErrDeclaration], [ErrConfig] or [ErrColumns] for what is missing or does not fit; [ErrReading] for a release that is not understood;
// [ErrIndividualisation], [ErrCorrelation] or [ErrInference] for a criterion that cannot be measured; and errors of package anonymity, as for a
// table without rows.
//
// The join takes the longest: where columns were recoded as a whole it looks rows up, and where they were recoded by regions it compares each class
// of the release with each different row of the original. A context that is cancelled ends it.
func Measure(ctx context.Context, d Declaration, c Config) (*Dossier, error) {
	if err := d.check(); err != nil {
		return nil, err
	}
	m, err := newMeasurement(c)
	if err != nil {
		return nil, err
	}
	r := m.record
	r.Declaration = d
	r.Declaration.Removed, r.Declaration.Techniques, r.Declaration.Measures = slices.Clone(d.Removed), slices.Clone(d.Techniques), slices.Clone(d.Measures)
	r.Declaration.Done, r.Declaration.Review = seconds(d.Done), seconds(d.Review)
	if err := m.columns(c); err != nil {
		return nil, err
	}
	if m.ordered {
		if err := m.inOrder(c.Tokens); err != nil {
			return nil, err
		}
	}
	i := new(Individualisation)
	for _, of := range []struct {
		table  *anonymity.Table
		report anonymity.Report
		to     *Standing
	}{{m.tables[0], m.reportBefore, &i.Before}, {m.tables[1], m.reportAfter, &i.After}} {
		if *of.to, err = standingOf(of.table, of.report, r.SmallCell); err != nil {
			return nil, err
		}
	}
	r.Individualisation = i
	if r.Correlation, err = m.correlation(ctx); err != nil {
		return nil, err
	}
	if r.Inference, err = m.inference(ctx); err != nil {
		return nil, err
	}
	r.Digest = digestOf(c.Release)
	r.Findings = r.findings()
	if err := r.check(); err != nil {
		return nil, err
	}
	return &Dossier{r}, nil
}

// newMeasurement reads the tables.
func newMeasurement(c Config) (*measurement, error) {
	limits, err := c.Limits.filled()
	if err != nil {
		return nil, err
	}
	if c.SmallCell == 0 {
		c.SmallCell = defaults.Class
	}
	switch {
	case c.Original == nil || c.Release == nil:
		return nil, fmt.Errorf("%w: the original or the release is missing", ErrConfig)
	case c.SmallCell < 3:
		return nil, fmt.Errorf("%w: small cell", ErrConfig)
	case len(c.Earlier) == 0 && !c.First:
		return nil, fmt.Errorf("%w: neither are there earlier releases nor is it the first", ErrCorrelation)
	case len(c.Earlier) > 0 && c.First:
		return nil, fmt.Errorf("%w: it is not the first release", ErrConfig)
	}
	ordered, err := c.told()
	if err != nil {
		return nil, err
	}
	m := &measurement{
		record: &Record{Person: c.Person, SmallCell: c.SmallCell, Seed: c.Seed, Limits: limits},
		tables: [2]*anonymity.Table{c.Original, c.Release}, ordered: ordered,
	}
	if m.original, err = sideOf(c.Original, true); err != nil {
		return nil, err
	}
	if m.release, err = sideOf(c.Release, false); err != nil {
		return nil, err
	}
	if m.original.people < c.SmallCell || m.release.people < c.SmallCell {
		return nil, fmt.Errorf("%w: too few rows or people", ErrConfig)
	}
	if c.Person != "" && m.release.people > m.original.people {
		return nil, fmt.Errorf("%w: the release tells more people apart than the original", ErrConfig)
	}
	exact := []*side{m.original}
	if c.Control != nil {
		if m.control, err = sideOf(c.Control, true); err != nil {
			return nil, err
		}
		exact = append(exact, m.control)
	}
	for _, id := range keys(c.Earlier) {
		if !isText(id) || id == original || c.Earlier[id] == nil {
			return nil, fmt.Errorf("%w: an earlier release has no table or no name of its own", ErrConfig)
		}
		s, err := sideOf(c.Earlier[id], false)
		if err != nil {
			return nil, err
		}
		m.earlier = append(m.earlier, earlier{id, s})
	}
	for name, reading := range c.Readings {
		if m.original.columns[name] == nil || reading == nil {
			return nil, fmt.Errorf("%w: reading of %q", ErrConfig, name)
		}
	}
	m.world = newWorld(maps.Clone(c.Readings), exact...)
	return m, m.reports(c)
}

// reports takes the measures of package anonymity.
func (m *measurement) reports(c Config) error {
	for _, of := range []struct {
		table *anonymity.Table
		to    *anonymity.Report
	}{{c.Original, &m.reportBefore}, {c.Release, &m.reportAfter}} {
		if !slices.ContainsFunc(of.table.Columns(), func(c anonymity.Column) bool { return c.Role == anonymity.QuasiIdentifier }) {
			return fmt.Errorf("%w: no column is a quasi-identifier", ErrIndividualisation)
		}
		var err error
		if *of.to, err = of.table.Measure(); err != nil {
			return err
		}
	}
	if len(m.reportBefore.Repeated) > 0 {
		return fmt.Errorf("%w: several rows have the same %q, and nobody said which column tells people apart", ErrConfig, m.reportBefore.Repeated[0])
	}
	for _, column := range c.Release.Columns() {
		measured := func(i anonymity.Inference) bool { return i.Name == column.Name }
		if column.Role == anonymity.Sensitive && !slices.ContainsFunc(m.reportAfter.Sensitive, measured) {
			return fmt.Errorf("%w: column %q has no values in the release", ErrInference, column.Name)
		}
	}
	if len(m.reportAfter.Named) > 0 {
		return fmt.Errorf("%w: column %q names people", ErrColumns, m.reportAfter.Named[0])
	}
	return nil
}

// columns compares the columns of the tables, and says which the release has.
func (m *measurement) columns(c Config) error {
	r := m.record
	before := map[string]anonymity.Role{}
	for _, column := range c.Original.Columns() {
		before[column.Name] = column.Role
	}
	r.Columns = map[string]string{}
	for _, column := range c.Release.Columns() {
		role, there := before[column.Name]
		switch {
		case !utf8.ValidString(column.Name):
			return fmt.Errorf("%w: a name is not UTF-8", ErrColumns)
		case there && role != column.Role:
			return fmt.Errorf("%w: %q is another thing in the original", ErrColumns, column.Name)
		case !there && column.Role != anonymity.DirectIdentifier: // nothing could be joined by it, whatever it says
			return fmt.Errorf("%w: the original has no %q", ErrColumns, column.Name)
		}
		r.Columns[column.Name] = roles[column.Role]
	}
	for _, name := range c.Tokens {
		if column := m.release.columns[name]; column == nil || column.role != anonymity.Other {
			return fmt.Errorf("%w: %q is no column of tokens", ErrConfig, name)
		}
	}
	for _, name := range keys(m.release.columns) {
		if column := m.release.columns[name]; column.role == anonymity.Other && !slices.Contains(c.Tokens, name) && !column.within(m.original.columns[name]) {
			return fmt.Errorf("%w: %q has values that the original has not", ErrReading, name)
		}
	}
	r.Withdrawn = []string{}
	for _, name := range keys(before) {
		if _, there := r.Columns[name]; !there {
			r.Withdrawn = append(r.Withdrawn, name)
		}
		if before[name] == anonymity.DirectIdentifier && !slices.Contains(r.Declaration.Removed, name) {
			return fmt.Errorf("%w: removed does not name %q", ErrDeclaration, name)
		}
	}
	if m.control != nil {
		for name, column := range m.control.columns {
			if before[name] != column.role {
				return fmt.Errorf("%w: %q of the control is another thing in the original", ErrColumns, name)
			}
		}
		for name, column := range m.release.columns {
			if column.role != anonymity.Other && m.control.columns[name] == nil {
				return fmt.Errorf("%w: the control has no %q", ErrColumns, name)
			}
		}
	}
	return nil
}

// Record returns what the dossier says, the zero Record for a zero Dossier.
func (d *Dossier) Record() Record {
	if d == nil || d.record == nil {
		return Record{}
	}
	return d.record.clone()
}

// Findings returns the risks that are beyond their limits, in the order of the criteria. While there are any, nothing can be sealed.
func (d *Dossier) Findings() []Finding { return d.Record().Findings }
