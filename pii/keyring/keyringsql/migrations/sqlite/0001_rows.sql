-- One row holds all of one subject's keys, so that making, shredding and fencing change the same row.
-- Names compare byte by byte. Rows are never deleted.
CREATE TABLE purposebound_keys (
	tenant TEXT NOT NULL,
	subject TEXT NOT NULL,
	version INTEGER NOT NULL CHECK (version > 0),
	data BLOB NOT NULL,
	PRIMARY KEY (tenant, subject)
) STRICT, WITHOUT ROWID;
