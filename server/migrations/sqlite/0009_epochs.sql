-- The epochs that the log had before it was restored from a copy: what was signed in them is still
-- the server's word.
CREATE TABLE epochs (
    epoch BLOB PRIMARY KEY
) STRICT, WITHOUT ROWID;
