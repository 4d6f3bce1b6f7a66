-- Who there is and who is signed in.

CREATE TABLE directory (
    version INTEGER PRIMARY KEY,
    body    TEXT NOT NULL
) STRICT;

CREATE TABLE credentials (
    person INTEGER PRIMARY KEY,
    phc    TEXT NOT NULL
) STRICT;

-- `id` is the SHA-256 of what the browser holds.
CREATE TABLE sessions (
    id         BLOB PRIMARY KEY,
    person     INTEGER NOT NULL,
    surface    TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_by_person ON sessions (person);
