-- Where a key was held, and where it is kept as deleted.
CREATE INDEX distributions_by_removed_key ON distributions (key_id) WHERE removed_at IS NOT NULL;
