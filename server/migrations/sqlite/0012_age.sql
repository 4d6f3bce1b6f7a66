-- What has been over for long leaves devices. `rests_since` is since when nothing has happened to an
-- incident that is over and still on devices, and null for others; `left_seq` is the place of the log
-- at which its scopes ended, and null while it is where its content says.
ALTER TABLE rows ADD COLUMN rests_since INTEGER;
ALTER TABLE rows ADD COLUMN left_seq INTEGER;
UPDATE rows SET rests_since = updated_at WHERE state IN ('resolved', 'closed', 'cancelled');
CREATE INDEX rows_by_rest ON rows (rests_since) WHERE rests_since IS NOT NULL;
CREATE INDEX rows_left ON rows (updated_at, incident) WHERE left_seq IS NOT NULL;
