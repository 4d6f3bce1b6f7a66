-- What is on hold is looked at every minute.
CREATE INDEX rows_held ON rows (incident) WHERE state = 'on hold';
