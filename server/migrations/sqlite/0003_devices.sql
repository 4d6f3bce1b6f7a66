-- What devices were told, and how what was refused grows old.

-- The scopes that pages named to a device: what else it claims to hold counts for nothing. `lost_at`
-- is the end of the log when the session was first seen without the scope, and null while it has it:
-- nothing that entered the scope later was ever sent. The higher `used`, the later a person's device
-- was last written here.
CREATE TABLE device_scopes (
    person  INTEGER NOT NULL,
    device  BLOB NOT NULL,
    scope   TEXT NOT NULL,
    lost_at INTEGER,
    used    INTEGER NOT NULL,
    PRIMARY KEY (person, device, scope)
) STRICT, WITHOUT ROWID;

CREATE INDEX quarantine_by_age ON quarantine (person, received_at);
