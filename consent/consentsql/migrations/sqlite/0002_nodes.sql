-- The last position of a tightening event, and the latest time of one in microseconds; system is always empty here.
CREATE TABLE purposebound_head (
	one INTEGER PRIMARY KEY CHECK (one = 1),
	position INTEGER NOT NULL,
	mark INTEGER NOT NULL,
	latest INTEGER NOT NULL,
	system TEXT NOT NULL
) STRICT;
INSERT INTO purposebound_head (one, position, mark, latest, system) VALUES (1, 0, 0, 0, '');
-- One row per transaction with tightening events, under the position of the last of them. The mark is random: after a failover
-- that lost some, a position may come again, and its mark does not.
CREATE TABLE purposebound_feed (
	position INTEGER PRIMARY KEY,
	mark INTEGER NOT NULL,
	made INTEGER NOT NULL,
	changes BLOB NOT NULL
) STRICT;
-- One row per registry. fenced is when it was shut out, in microseconds; 0: it was not.
CREATE TABLE purposebound_nodes (
	node BLOB PRIMARY KEY CHECK (length(node) = 16),
	number INTEGER NOT NULL,
	applied INTEGER NOT NULL,
	draining BLOB NOT NULL,
	fenced INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
