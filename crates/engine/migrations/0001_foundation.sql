-- One text for SQLite and PostgreSQL: TEXT and BIGINT only, moments in Unix milliseconds, ids UUIDv7.

-- Facts about this database as a whole.
CREATE TABLE facts (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

-- The head of the audit chain; updating it first is the lock that orders all changes.
CREATE TABLE audit_head (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    seq BIGINT NOT NULL,
    hash TEXT NOT NULL
);
INSERT INTO audit_head (id, seq, hash)
VALUES (1, 0, '0000000000000000000000000000000000000000000000000000000000000000');

CREATE TABLE audit_events (
    seq BIGINT PRIMARY KEY,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    source TEXT,
    action TEXT NOT NULL,
    workspace TEXT,
    subject TEXT NOT NULL,
    outcome TEXT NOT NULL,
    detail TEXT NOT NULL,
    hash TEXT NOT NULL
);
CREATE INDEX audit_events_by_workspace ON audit_events (workspace, seq);

CREATE TABLE workspaces (
    id TEXT PRIMARY KEY,
    slug TEXT NOT NULL UNIQUE,
    path TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE users (
    id TEXT PRIMARY KEY,
    username TEXT NOT NULL UNIQUE,
    password_hash TEXT NOT NULL,
    password_expired_at BIGINT,
    global_role TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    last_signed_in_at BIGINT,
    disabled_at BIGINT
);

CREATE TABLE members (
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    user_id TEXT NOT NULL REFERENCES users (id),
    role TEXT NOT NULL,
    since BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, user_id)
);
CREATE INDEX members_by_user ON members (user_id);

-- Only a hash of the session's id; `data` holds no secret.
CREATE TABLE sessions (
    id_hash TEXT PRIMARY KEY,
    user_id TEXT REFERENCES users (id),
    data TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX sessions_by_user ON sessions (user_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

CREATE TABLE tokens (
    id TEXT PRIMARY KEY,
    secret_hash TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (id),
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    role TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    last_used_at BIGINT,
    revoked_at BIGINT
);
CREATE INDEX tokens_by_user ON tokens (user_id, id);

CREATE TABLE providers (
    id TEXT PRIMARY KEY,
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    key_collection TEXT NOT NULL,
    vault_kind TEXT NOT NULL,
    environment TEXT NOT NULL,
    host TEXT NOT NULL,
    tenant_id TEXT,
    client_id TEXT,
    sealed_client_secret TEXT,
    sealed_certificate TEXT,
    credentials_replaced_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    kek_kid TEXT,
    kek_bits BIGINT,
    hsm_refused_at BIGINT,
    permissions TEXT,
    last_check TEXT,
    UNIQUE (workspace_id, name)
);

CREATE TABLE keys (
    id TEXT PRIMARY KEY,
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    name TEXT NOT NULL,
    key_type TEXT NOT NULL,
    latest_version BIGINT NOT NULL,
    min_enabled_version BIGINT NOT NULL,
    deletion_allowed_at BIGINT,
    created_at BIGINT NOT NULL,
    rotated_at BIGINT NOT NULL,
    UNIQUE (workspace_id, name)
);
CREATE INDEX keys_by_search ON keys (workspace_id, lower(name), name);
CREATE INDEX keys_by_rotation ON keys (workspace_id, rotated_at, name);

CREATE TABLE key_versions (
    id TEXT PRIMARY KEY,
    key_id TEXT NOT NULL REFERENCES keys (id),
    number BIGINT NOT NULL,
    public_key TEXT NOT NULL,
    thumbprint TEXT NOT NULL,
    sealed_private_key TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (key_id, number)
);

-- `state` and `due_at` follow from the rest of the row, its deliveries and its key; they are kept for queues and lists.
CREATE TABLE distributions (
    id TEXT PRIMARY KEY,
    key_id TEXT NOT NULL REFERENCES keys (id),
    provider_id TEXT NOT NULL REFERENCES providers (id),
    host TEXT NOT NULL,
    name_in_kms TEXT NOT NULL,
    purposes TEXT NOT NULL,
    protection TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    withdrawn_at BIGINT,
    deletion_started_at BIGINT,
    removed_at BIGINT,
    purge_at BIGINT,
    purged_at BIGINT,
    recovery_requested_at BIGINT,
    purge_requested_at BIGINT,
    verification_requested_at BIGINT,
    attempts BIGINT NOT NULL,
    last_error TEXT,
    next_attempt_at BIGINT,
    state TEXT NOT NULL,
    due_at BIGINT,
    lease_until BIGINT NOT NULL,
    lease_owner TEXT
);
CREATE UNIQUE INDEX distributions_by_key ON distributions (key_id, provider_id) WHERE removed_at IS NULL;
CREATE UNIQUE INDEX distributions_by_name ON distributions (host, lower(name_in_kms)) WHERE removed_at IS NULL;
CREATE INDEX distributions_by_provider ON distributions (provider_id) WHERE removed_at IS NULL;
CREATE INDEX distributions_by_state ON distributions (state, key_id) WHERE removed_at IS NULL;
CREATE INDEX distributions_by_due ON distributions (host, due_at) WHERE due_at IS NOT NULL;

CREATE TABLE deliveries (
    distribution_id TEXT NOT NULL REFERENCES distributions (id),
    number BIGINT NOT NULL,
    import_started_at BIGINT,
    remote_version TEXT,
    enabled BIGINT,
    delivered_at BIGINT,
    verified_at BIGINT,
    drift TEXT,
    PRIMARY KEY (distribution_id, number)
);

-- Throttling belongs to the vault, not to the request. `next_at` is when its budget is used up, in microseconds.
CREATE TABLE pace (
    host TEXT PRIMARY KEY,
    not_before BIGINT NOT NULL,
    next_at BIGINT NOT NULL
);
