-- Lists of a hundred thousand keys and what holds them are read along indexes, in order, and so is what is due. Names and
-- workspaces of keys never change, so a distribution can carry them.
ALTER TABLE distributions ADD COLUMN workspace_id TEXT NOT NULL DEFAULT '';
ALTER TABLE distributions ADD COLUMN key_name TEXT NOT NULL DEFAULT '';
UPDATE distributions SET
    workspace_id = (SELECT workspace_id FROM keys WHERE keys.id = distributions.key_id),
    key_name = (SELECT name FROM keys WHERE keys.id = distributions.key_id);

DROP INDEX distributions_by_state;
DROP INDEX distributions_by_provider;
CREATE INDEX distributions_by_workspace ON distributions (workspace_id, key_name) WHERE removed_at IS NULL;
CREATE INDEX distributions_by_state ON distributions (workspace_id, state, key_name) WHERE removed_at IS NULL;
CREATE INDEX distributions_by_provider ON distributions (provider_id, key_name) WHERE removed_at IS NULL;
CREATE INDEX distributions_by_moment ON distributions (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX distributions_by_lease ON distributions (lease_owner, lease_until) WHERE lease_owner IS NOT NULL;
CREATE INDEX keys_by_type ON keys (workspace_id, key_type, name);
