-- A row for each item, until it has ended. Texts and times are bytes, which compare as such: a time is its second
-- since the year 1 and its nanosecond, big-endian.
CREATE TABLE purposebound_agenda (
	item BLOB NOT NULL PRIMARY KEY,
	subject BLOB NOT NULL,
	compartment BLOB NOT NULL,
	case_id BLOB NOT NULL,
	collected BLOB NOT NULL,
	attributes BLOB NOT NULL,
	due BLOB NOT NULL,
	failures INTEGER NOT NULL,
	version INTEGER NOT NULL,
	claim BLOB NOT NULL,
	claimed_until BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX purposebound_agenda_due ON purposebound_agenda (due);
CREATE INDEX purposebound_agenda_subject ON purposebound_agenda (subject);
