-- Who had a look at what was refused, and when; null until somebody had.
ALTER TABLE quarantine ADD COLUMN seen_by INTEGER;
ALTER TABLE quarantine ADD COLUMN seen_at INTEGER;
CREATE INDEX quarantine_unseen ON quarantine (received_at) WHERE seen_at IS NULL;
