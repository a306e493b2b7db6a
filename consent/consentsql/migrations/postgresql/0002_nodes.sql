-- The last position of a tightening event, and the latest time of one in microseconds; system is the server on which every
-- lease of the one before it has run out.
CREATE TABLE purposebound_head (
	one SMALLINT PRIMARY KEY CHECK (one = 1),
	position BIGINT NOT NULL,
	mark BIGINT NOT NULL,
	latest BIGINT NOT NULL,
	system TEXT NOT NULL
);
INSERT INTO purposebound_head (one, position, mark, latest, system) VALUES (1, 0, 0, 0, '');
-- One row per transaction with tightening events, under the position of the last of them. The mark is random: after a failover
-- that lost some, a position may come again, and its mark does not.
CREATE TABLE purposebound_feed (
	position BIGINT PRIMARY KEY,
	mark BIGINT NOT NULL,
	made BIGINT NOT NULL,
	changes BYTEA NOT NULL
);
-- One row per registry. fenced is when it was shut out, in microseconds; 0: it was not.
CREATE TABLE purposebound_nodes (
	node BYTEA PRIMARY KEY CHECK (length(node) = 16),
	number BIGINT NOT NULL,
	applied BIGINT NOT NULL,
	draining BYTEA NOT NULL,
	fenced BIGINT NOT NULL DEFAULT 0
);
