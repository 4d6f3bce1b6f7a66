-- How what is to happen outside goes on. `state` is `waiting`, `claimed` by a worker until `next_at`,
-- `begun` (from here on it may have happened), or in the end `done`, `void` (nothing was left to
-- tell), `unreachable` (no way to the recipient) or `given_up`.

-- How often it had begun when its worker was lost: each time it may have happened.
ALTER TABLE effects ADD COLUMN doubts INTEGER NOT NULL DEFAULT 0;

-- Why it last went no further, in a word; never who or what.
ALTER TABLE effects ADD COLUMN reason TEXT;
