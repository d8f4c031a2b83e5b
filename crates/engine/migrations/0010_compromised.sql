-- A version that is compromised or destroyed is switched off wherever it is held, and delivered nowhere any more. Of a
-- destroyed one no private key is left. A key is destroyed once all its versions are.
ALTER TABLE key_versions ADD COLUMN compromised_at BIGINT;
ALTER TABLE key_versions ADD COLUMN compromise_reason TEXT;
ALTER TABLE key_versions ADD COLUMN destroyed_at BIGINT;
ALTER TABLE keys ADD COLUMN destroyed_at BIGINT;
CREATE INDEX key_versions_withheld ON key_versions (key_id, number)
WHERE compromised_at IS NOT NULL OR destroyed_at IS NOT NULL;

-- When `enabled` last changed.
ALTER TABLE deliveries ADD COLUMN switched_at BIGINT;
