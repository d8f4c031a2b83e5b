-- Work on many keys at once. `action` is JSON; `source` is the address of whoever asked.
CREATE TABLE operations (
    id TEXT PRIMARY KEY,
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    action TEXT NOT NULL,
    requested_by TEXT NOT NULL,
    source TEXT,
    created_at BIGINT NOT NULL,
    paused_at BIGINT,
    cancelled_at BIGINT,
    finished_at BIGINT
);
CREATE INDEX operations_by_workspace ON operations (workspace_id, id);
CREATE INDEX operations_by_work ON operations (id) WHERE finished_at IS NULL;

-- One row for each key of an operation, in order. What was begun has `started_at`; `error` is an explanation in JSON.
CREATE TABLE operation_keys (
    operation_id TEXT NOT NULL REFERENCES operations (id),
    seq BIGINT NOT NULL,
    key_id TEXT NOT NULL,
    key_name TEXT NOT NULL,
    state TEXT NOT NULL,
    error TEXT,
    started_at BIGINT,
    ended_at BIGINT,
    PRIMARY KEY (operation_id, seq)
);
CREATE INDEX operation_keys_by_state ON operation_keys (operation_id, state, seq);
