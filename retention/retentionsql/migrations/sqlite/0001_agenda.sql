-- A row for each item, until it has ended. Texts and times are bytes, which compare as such: a time is its second
-- since the year 1 and its nanosecond, big-endian. claim and claimed_until are empty where
-- nobody has claimed the item: the index begins with that, so that who takes what is due does not pass what others have claimed.
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
CREATE INDEX purposebound_agenda_claimed_until ON purposebound_agenda (claimed_until, due);
CREATE INDEX purposebound_agenda_subject ON purposebound_agenda (subject);
