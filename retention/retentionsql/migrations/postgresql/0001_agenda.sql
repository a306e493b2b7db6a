-- A row for each item, until it has ended. Texts and times are bytes, which compare as such whatever the database's collation: a time is its second
-- since the year 1 and its nanosecond, big-endian. claim and claimed_until are empty where
-- nobody has claimed the item: the index begins with that, so that who takes what is due does not pass what others have claimed.
CREATE TABLE purposebound_agenda (
	item BYTEA NOT NULL PRIMARY KEY,
	subject BYTEA NOT NULL,
	compartment BYTEA NOT NULL,
	case_id BYTEA NOT NULL,
	collected BYTEA NOT NULL,
	attributes BYTEA NOT NULL,
	due BYTEA NOT NULL,
	failures BIGINT NOT NULL,
	version BIGINT NOT NULL,
	claim BYTEA NOT NULL,
	claimed_until BYTEA NOT NULL
);
CREATE INDEX purposebound_agenda_claimed_until ON purposebound_agenda (claimed_until, due);
CREATE INDEX purposebound_agenda_subject ON purposebound_agenda (subject);
