-- A row for each budget; rows are never deleted. id is the SHA-256 of purpose and release, account the text of the account, both as
-- format.md of package dp has them. sequence is that of the account and grows by 1 with each change.
CREATE TABLE purposebound_budgets (
	id BYTEA NOT NULL PRIMARY KEY,
	sequence BIGINT NOT NULL CHECK (sequence > 0),
	account BYTEA NOT NULL
);
