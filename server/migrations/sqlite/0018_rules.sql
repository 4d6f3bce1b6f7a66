-- What was declared while there were rules, until they have decided: kept with the declaration, and
-- gone with what they gave.
CREATE TABLE undecided (
    incident BLOB PRIMARY KEY
) STRICT, WITHOUT ROWID;
-- Rules are tried on what was opened last.
CREATE INDEX rows_opened ON rows (created_at, incident);
