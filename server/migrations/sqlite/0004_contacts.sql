-- When the server last heard of the device behind a session, noted now and then: what it heard
-- since, it knows itself. Sessions that have ended take no part.

CREATE TABLE contacts (
    session  BLOB PRIMARY KEY,
    person   INTEGER NOT NULL,
    device   BLOB NOT NULL,
    heard_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
