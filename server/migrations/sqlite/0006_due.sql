-- When somebody is to be told of an incident's clocks, and what they were told. `measure` is 0 for
-- the response and 1 for the resolution; `notice` is 0 for the warning and 1 for the breach; `version`
-- and `priority` name the target.

-- Replaced with each commit of the incident; what was told is not in here again.
CREATE TABLE due (
    incident BLOB NOT NULL,
    measure  INTEGER NOT NULL,
    notice   INTEGER NOT NULL,
    version  INTEGER NOT NULL,
    priority INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    PRIMARY KEY (incident, measure, notice)
) STRICT, WITHOUT ROWID;
CREATE INDEX due_by_time ON due (at);

-- `state` is 'told', 'silent' (nobody needed to hear it) or 'corrected' (it was wrong, and may be told
-- again). A breach is in doubt once the incident has changed since: what came late may undo it.
CREATE TABLE told (
    incident    BLOB NOT NULL,
    measure     INTEGER NOT NULL,
    notice      INTEGER NOT NULL,
    version     INTEGER NOT NULL,
    priority    INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    told_at     INTEGER NOT NULL,
    state       TEXT NOT NULL,
    is_in_doubt INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (incident, measure, notice, version, priority)
) STRICT, WITHOUT ROWID;
CREATE INDEX told_in_doubt ON told (incident) WHERE is_in_doubt = 1;
