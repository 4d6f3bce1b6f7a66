-- What devices were told, and how what was refused grows old.

-- The scopes that pages named to a device: what else it claims to hold counts for nothing.
CREATE TABLE device_scopes (
    person INTEGER NOT NULL,
    device BLOB NOT NULL,
    scope  TEXT NOT NULL,
    PRIMARY KEY (person, device, scope)
) STRICT, WITHOUT ROWID;

CREATE INDEX quarantine_by_age ON quarantine (person, received_at);
