-- One row holds all of one subject's keys, so that making, shredding and fencing change the same row. Rows are never deleted.
-- Names are bytes: they compare as such, whatever the database's collation.
CREATE TABLE purposebound_keys (
	tenant BYTEA NOT NULL,
	subject BYTEA NOT NULL,
	version BIGINT NOT NULL CHECK (version > 0),
	data BYTEA NOT NULL,
	PRIMARY KEY (tenant, subject)
);
