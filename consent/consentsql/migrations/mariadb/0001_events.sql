-- One row per event. A NULL payload was blanked by erasure; the chain covers only its hash, which the envelope holds.
-- Subjects and ids are bytes: they compare as such, whatever the database's collation.
CREATE TABLE IF NOT EXISTS purposebound_events (
	subject VARBINARY(255) NOT NULL,
	seq BIGINT NOT NULL CHECK (seq > 0),
	id VARBINARY(255) NOT NULL,
	envelope BLOB NOT NULL,
	payload MEDIUMBLOB CHECK (length(payload) > 0),
	chain BINARY(32) NOT NULL,
	PRIMARY KEY (subject, seq),
	UNIQUE (subject, id)
) ENGINE = InnoDB;
