-- Key pairs made ahead of need. Each is sealed for the row of `key_versions` that will have its id.
CREATE TABLE pooled_keys (
    id TEXT PRIMARY KEY,
    key_type TEXT NOT NULL,
    public_key TEXT NOT NULL,
    thumbprint TEXT NOT NULL,
    sealed_private_key TEXT NOT NULL
);
CREATE INDEX pooled_keys_by_type ON pooled_keys (key_type, id);
