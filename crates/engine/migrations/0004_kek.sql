-- A key exchange key that was asked for: `kek_requested_at` while it is on its way, `kek_due_at` when the next attempt
-- is, `kek_error` why there is none (JSON). Only one node at a time makes one in a vault: `kek_maker`, until `kek_making_until`.
ALTER TABLE providers ADD COLUMN kek_requested_at BIGINT;
ALTER TABLE providers ADD COLUMN kek_due_at BIGINT;
ALTER TABLE providers ADD COLUMN kek_attempts BIGINT NOT NULL DEFAULT 0;
ALTER TABLE providers ADD COLUMN kek_error TEXT;
ALTER TABLE pace ADD COLUMN kek_maker TEXT;
ALTER TABLE pace ADD COLUMN kek_making_until BIGINT NOT NULL DEFAULT 0;
CREATE INDEX providers_by_kek_due ON providers (kek_due_at) WHERE kek_due_at IS NOT NULL;

-- Whether a name was ever used in a vault, whatever became of the key.
CREATE INDEX distributions_by_any_name ON distributions (host, lower(name_in_kms));
