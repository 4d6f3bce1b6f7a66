-- The sequenced log and what is derived from it. Ids are their 16 bytes; times are milliseconds
-- since 1970; `kind` is 0 for an incident's public document and 1 for its work document.

-- One row. `head` is the last place taken; places are taken in the order of commits.
CREATE TABLE log (
    id          INTEGER PRIMARY KEY CHECK (id = 1),
    epoch       BLOB NOT NULL,
    head        INTEGER NOT NULL,
    signing_key BLOB NOT NULL
) STRICT;

-- A row is never deleted; its bytes may go once a snapshot covers them. `commit_end` is the last
-- place of the log that was taken in the same commit: a page of the log ends nowhere else.
CREATE TABLE changes (
    seq          INTEGER PRIMARY KEY,
    incident     BLOB NOT NULL,
    kind         INTEGER NOT NULL,
    hash         BLOB NOT NULL,
    actor        BLOB NOT NULL,
    actor_seq    INTEGER NOT NULL,
    person       INTEGER NOT NULL,
    device       BLOB NOT NULL,
    received_at  INTEGER NOT NULL,
    corrected_at INTEGER NOT NULL,
    flags        INTEGER NOT NULL,
    commit_end   INTEGER NOT NULL,
    bytes        BLOB
) STRICT;
CREATE UNIQUE INDEX changes_by_hash ON changes (incident, kind, hash);
CREATE INDEX changes_by_incident ON changes (incident, seq);

CREATE TABLE docs (
    incident        BLOB NOT NULL,
    kind            INTEGER NOT NULL,
    generation      INTEGER NOT NULL,
    last_seq        INTEGER NOT NULL,
    snapshot        BLOB NOT NULL,
    snapshot_seq    INTEGER NOT NULL,
    receipts        BLOB NOT NULL,
    heads           BLOB NOT NULL,
    receipts_digest BLOB NOT NULL,
    signature       BLOB NOT NULL,
    PRIMARY KEY (incident, kind)
) STRICT;

-- Summaries as devices get them, and the columns that the server itself filters by.
CREATE TABLE rows (
    incident   BLOB PRIMARY KEY,
    public     BLOB NOT NULL,
    staff      BLOB NOT NULL,
    number     TEXT,
    state      TEXT NOT NULL,
    priority   INTEGER NOT NULL,
    requester  INTEGER,
    "group"    TEXT,
    assignee   INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX rows_by_number ON rows (number);

-- Never deleted from: leaving a scope sets `until_seq`. `at_seq` is the later of `since_seq` and
-- the incident's last place in the log, by which older documents are read, newest first.
CREATE TABLE audience (
    incident  BLOB NOT NULL,
    kind      INTEGER NOT NULL,
    scope     TEXT NOT NULL,
    since_seq INTEGER NOT NULL,
    until_seq INTEGER,
    at_seq    INTEGER NOT NULL,
    PRIMARY KEY (incident, kind, scope, since_seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX audience_by_place ON audience (scope, at_seq) WHERE until_seq IS NULL;
CREATE INDEX audience_by_since ON audience (scope, since_seq) WHERE until_seq IS NULL;
CREATE INDEX audience_by_until ON audience (scope, until_seq) WHERE until_seq IS NOT NULL;

CREATE TABLE actors (
    actor  BLOB PRIMARY KEY,
    person INTEGER NOT NULL,
    device BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- What was refused, with its text, for its author and a lead to look at.
CREATE TABLE quarantine (
    incident    BLOB NOT NULL,
    kind        INTEGER NOT NULL,
    hash        BLOB NOT NULL,
    person      INTEGER NOT NULL,
    device      BLOB NOT NULL,
    act         BLOB NOT NULL,
    received_at INTEGER NOT NULL,
    refused     TEXT NOT NULL,
    bytes       BLOB NOT NULL,
    PRIMARY KEY (incident, kind, hash, person, device)
) STRICT;

CREATE TABLE numbers (
    number   INTEGER PRIMARY KEY,
    incident BLOB NOT NULL UNIQUE
) STRICT;

-- What is to happen outside once the transaction that wrote it is kept.
CREATE TABLE effects (
    key      TEXT PRIMARY KEY,
    kind     TEXT NOT NULL,
    payload  BLOB NOT NULL,
    state    TEXT NOT NULL DEFAULT 'waiting',
    attempts INTEGER NOT NULL DEFAULT 0,
    next_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX effects_by_time ON effects (state, next_at);
