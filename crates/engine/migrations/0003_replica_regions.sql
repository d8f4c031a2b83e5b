-- Regions that were named when a key was made: a JSON list. They are kept and shown, and mean nothing to Azure.
ALTER TABLE keys ADD COLUMN replica_regions TEXT;
