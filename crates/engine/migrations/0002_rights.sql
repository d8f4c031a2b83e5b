-- Policies, namespaces, mounts with their settings, and tokens that carry policies.

ALTER TABLE workspaces ADD COLUMN description TEXT NOT NULL DEFAULT '';
ALTER TABLE workspaces ADD COLUMN settings TEXT NOT NULL DEFAULT '{}';

ALTER TABLE users ADD COLUMN token_policies TEXT NOT NULL DEFAULT '[]';

CREATE TABLE namespaces (
    id TEXT PRIMARY KEY,
    path TEXT NOT NULL UNIQUE,
    custom_metadata TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

-- `name` begins with the namespace; `rules` are what `text` says, with whole paths.
CREATE TABLE policies (
    id TEXT PRIMARY KEY,
    namespace TEXT NOT NULL,
    name TEXT NOT NULL UNIQUE,
    text TEXT NOT NULL,
    rules TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX policies_by_namespace ON policies (namespace, name);

-- A token has a workspace and a role, or policies. Its ancestors have to live for it to live.
CREATE TABLE tokens_rebuilt (
    id TEXT PRIMARY KEY,
    secret_hash TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (id),
    workspace_id TEXT REFERENCES workspaces (id),
    role TEXT,
    policies TEXT,
    namespace TEXT NOT NULL DEFAULT '',
    parent_id TEXT,
    path TEXT NOT NULL DEFAULT '',
    meta TEXT NOT NULL DEFAULT '{}',
    ttl BIGINT NOT NULL DEFAULT 0,
    explicit_max_ttl BIGINT NOT NULL DEFAULT 0,
    renewable BIGINT NOT NULL DEFAULT 0,
    uses_left BIGINT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    last_used_at BIGINT,
    revoked_at BIGINT
);
INSERT INTO tokens_rebuilt (id, secret_hash, name, user_id, workspace_id, role, created_at, expires_at, last_used_at,
    revoked_at)
SELECT id, secret_hash, name, user_id, workspace_id, role, created_at, expires_at, last_used_at, revoked_at FROM tokens;
DROP TABLE tokens;
ALTER TABLE tokens_rebuilt RENAME TO tokens;
CREATE INDEX tokens_by_user ON tokens (user_id, id);
CREATE INDEX tokens_by_parent ON tokens (parent_id);
CREATE INDEX tokens_by_expiry ON tokens (expires_at);
