-- What is resolved closes by itself once nothing has happened to it for long enough.
CREATE INDEX rows_resolved ON rows (updated_at, incident) WHERE state = 'resolved' AND left_seq IS NULL;
