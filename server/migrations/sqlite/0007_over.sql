-- What is over goes after a while, unless its key has to keep something from being said twice.
ALTER TABLE effects ADD COLUMN is_lasting INTEGER NOT NULL DEFAULT 0;
UPDATE effects SET is_lasting = 1
    WHERE key LIKE '%/warned-%' OR key LIKE '%/breached-%' OR key LIKE '%/corrected-%';

-- Counting what is not over reads this index alone.
DROP INDEX effects_by_time;
CREATE INDEX effects_by_time ON effects (state, next_at, reason, is_lasting);
