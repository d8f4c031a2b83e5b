-- What a key carries in the vault beside its material. `expires_after` counts days from a delivery, `tags` is JSON, and
-- `expires_at` is what the import asked for.
ALTER TABLE distributions ADD COLUMN expires_after BIGINT;
ALTER TABLE distributions ADD COLUMN tags TEXT;
ALTER TABLE deliveries ADD COLUMN expires_at BIGINT;

-- What differs about the key as a whole, as `drift` of a delivery tells what differs about a version. Both are JSON, and
-- hold who accepted a difference and why. `unreadable` is what our application may not look at.
ALTER TABLE distributions ADD COLUMN drift TEXT;
ALTER TABLE distributions ADD COLUMN unreadable TEXT;
ALTER TABLE distributions ADD COLUMN inspected_at BIGINT;
ALTER TABLE deliveries ADD COLUMN reconcile_requested_at BIGINT;

-- Kept beside `state`: 0 nothing differs, 1 all that differs is accepted, 2 not all, 3 there is an alarm.
ALTER TABLE distributions ADD COLUMN drift_rank BIGINT NOT NULL DEFAULT 0;
UPDATE distributions SET drift_rank = 2 WHERE state = 'drifted';
CREATE INDEX distributions_by_drift ON distributions (drift_rank, key_id) WHERE drift_rank > 0;
