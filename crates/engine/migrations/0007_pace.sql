-- A vault has one budget for imports (`next_at`), one for making keys and one for everything else, each kept as the moment
-- at which it is used up, in microseconds.
ALTER TABLE pace ADD COLUMN creations_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE pace ADD COLUMN transactions_at BIGINT NOT NULL DEFAULT 0;

-- What the next step costs, kept beside `state` and `due_at`. Until it is next computed it is taken for an import.
ALTER TABLE distributions ADD COLUMN imports BIGINT NOT NULL DEFAULT 1;
ALTER TABLE distributions ADD COLUMN transactions BIGINT NOT NULL DEFAULT 18;
CREATE INDEX distributions_by_due_without_import ON distributions (host, due_at) WHERE due_at IS NOT NULL AND imports = 0;
