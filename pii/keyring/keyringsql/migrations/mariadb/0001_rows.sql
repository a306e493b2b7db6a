-- One row holds all of one subject's keys, so that making, shredding and fencing change the same row. Rows are never deleted.
-- Names are bytes: they compare as such, whatever the database's collation.
CREATE TABLE IF NOT EXISTS purposebound_keys (
	tenant VARBINARY(255) NOT NULL,
	subject VARBINARY(255) NOT NULL,
	version BIGINT NOT NULL CHECK (version > 0),
	data MEDIUMBLOB NOT NULL,
	PRIMARY KEY (tenant, subject)
) ENGINE = InnoDB;
