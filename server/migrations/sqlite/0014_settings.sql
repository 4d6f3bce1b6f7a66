-- What administrators set, each time as a new version: of which area, by whom and when. `body` is as it
-- was written; what devices need of it lies in the directory.
CREATE TABLE settings (
    area    TEXT NOT NULL,
    version INTEGER NOT NULL,
    person  INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    body    TEXT NOT NULL,
    PRIMARY KEY (area, version)
) STRICT, WITHOUT ROWID;
