-- One row per event. A NULL payload was blanked by erasure; the chain covers only its hash, which the envelope holds.
-- Subjects and ids are bytes: they compare as such, whatever the database's collation.
CREATE TABLE purposebound_events (
	subject BYTEA NOT NULL,
	seq BIGINT NOT NULL CHECK (seq > 0),
	id BYTEA NOT NULL,
	envelope BYTEA NOT NULL,
	payload BYTEA CHECK (length(payload) > 0),
	chain BYTEA NOT NULL CHECK (length(chain) = 32),
	PRIMARY KEY (subject, seq),
	UNIQUE (subject, id)
);
