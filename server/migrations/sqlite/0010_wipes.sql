-- People's devices, and what somebody asked to be done to them.

-- The browser and the system that a sign-in came from; empty when nobody knows.
ALTER TABLE sessions ADD COLUMN browser TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN system TEXT NOT NULL DEFAULT '';

-- While the devices of a session are to be wiped, it may only hand over what was never sent.
ALTER TABLE sessions ADD COLUMN is_wiping INTEGER NOT NULL DEFAULT 0;

-- A device as it was last heard of, noted now and then; its session may have ended since.
CREATE TABLE devices (
    person   INTEGER NOT NULL,
    device   BLOB NOT NULL,
    surface  TEXT NOT NULL,
    browser  TEXT NOT NULL,
    system   TEXT NOT NULL,
    session  BLOB NOT NULL,
    first_at INTEGER NOT NULL,
    heard_at INTEGER NOT NULL,
    PRIMARY KEY (person, device)
) STRICT, WITHOUT ROWID;

-- Never deleted from. `kind` is `sign_out`, which is done at once, or `wipe`, which is done when the
-- device says so. `asked_by` is 0 on the command line.
CREATE TABLE device_orders (
    id       INTEGER PRIMARY KEY,
    person   INTEGER NOT NULL,
    device   BLOB NOT NULL,
    kind     TEXT NOT NULL,
    asked_by INTEGER NOT NULL,
    asked_at INTEGER NOT NULL,
    done_at  INTEGER
) STRICT;
CREATE INDEX device_orders_by_device ON device_orders (person, device);
