-- The place of the log up to which the bytes of changes have gone, where a snapshot covers them.
ALTER TABLE log ADD COLUMN compacted INTEGER NOT NULL DEFAULT 0;
