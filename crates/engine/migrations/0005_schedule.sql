-- When a key gets its next version by itself. `rotation_interval` is the period less this key's own jitter, in
-- milliseconds; `rotation_due_at` follows from it and the last rotation. All are NULL where nothing is scheduled.
ALTER TABLE keys ADD COLUMN rotation_days BIGINT;
ALTER TABLE keys ADD COLUMN rotation_interval BIGINT;
ALTER TABLE keys ADD COLUMN rotation_due_at BIGINT;
ALTER TABLE keys ADD COLUMN keep_versions BIGINT;
CREATE INDEX keys_by_due ON keys (rotation_due_at) WHERE rotation_due_at IS NOT NULL;
CREATE INDEX keys_by_workspace_due ON keys (workspace_id, rotation_due_at, name) WHERE rotation_due_at IS NOT NULL;
