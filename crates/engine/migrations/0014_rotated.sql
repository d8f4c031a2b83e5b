-- Keys that stand in some way are listed by when they were rotated, too, and drift by how bad it is, then by key.
ALTER TABLE distributions ADD COLUMN key_rotated_at BIGINT NOT NULL DEFAULT 0;
UPDATE distributions SET key_rotated_at = (SELECT rotated_at FROM keys WHERE keys.id = distributions.key_id);
CREATE INDEX distributions_by_state_and_rotation ON distributions (workspace_id, state, key_rotated_at, key_name)
    WHERE removed_at IS NULL;
DROP INDEX distributions_by_drift;
CREATE INDEX distributions_by_drift ON distributions (workspace_id, (-drift_rank), key_name)
    WHERE removed_at IS NULL AND drift_rank > 0;
