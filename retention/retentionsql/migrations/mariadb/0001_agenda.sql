-- A row for each item, until it has ended. Texts and times are bytes, which compare as such whatever the database's collation: a time is its second
-- since the year 1 and its nanosecond, big-endian. claim and claimed_until are empty where
-- nobody has claimed the item: the index begins with that, so that who takes what is due does not pass what others have claimed.
CREATE TABLE IF NOT EXISTS purposebound_agenda (
	item VARBINARY(32) NOT NULL PRIMARY KEY,
	subject VARBINARY(255) NOT NULL,
	compartment VARBINARY(2048) NOT NULL,
	case_id VARBINARY(128) NOT NULL,
	collected VARBINARY(12) NOT NULL,
	attributes MEDIUMBLOB NOT NULL,
	due VARBINARY(12) NOT NULL,
	failures BIGINT NOT NULL,
	version BIGINT NOT NULL,
	claim VARBINARY(32) NOT NULL,
	claimed_until VARBINARY(12) NOT NULL,
	INDEX purposebound_agenda_claimed_until (claimed_until, due),
	INDEX purposebound_agenda_subject (subject)
) ENGINE = InnoDB;
