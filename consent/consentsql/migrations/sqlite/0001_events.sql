-- One row per event. A subject's rows lie together, so that reading a ledger touches one or two pages.
-- A NULL payload was blanked by erasure; the chain covers only its hash, which the envelope holds.
CREATE TABLE purposebound_events (
	subject TEXT NOT NULL,
	seq INTEGER NOT NULL CHECK (seq > 0),
	id TEXT NOT NULL,
	envelope BLOB NOT NULL,
	payload BLOB CHECK (length(payload) > 0),
	chain BLOB NOT NULL CHECK (length(chain) = 32),
	PRIMARY KEY (subject, seq),
	UNIQUE (subject, id)
) STRICT, WITHOUT ROWID;
