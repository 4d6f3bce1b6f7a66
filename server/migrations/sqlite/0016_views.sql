-- Saved views: what each person's devices get with the directory. `body` is the view as JSON.
CREATE TABLE views (
    id    BLOB PRIMARY KEY,
    owner INTEGER NOT NULL,
    body  TEXT NOT NULL
) STRICT, WITHOUT ROWID;
