-- How often the other side put it off, or it could not be read, since it was last begun anew: only
-- this ends in giving up. Attempts that found no relay count for nothing.
ALTER TABLE effects ADD COLUMN postponed INTEGER NOT NULL DEFAULT 0;
