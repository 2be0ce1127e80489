-- What repository $1 holds counts against its account from now on.
INSERT INTO storage_used (account_id, size_bytes)
SELECT namespace_id, size_bytes FROM repositories WHERE id = $1
ON CONFLICT (account_id) DO UPDATE SET size_bytes = storage_used.size_bytes + excluded.size_bytes
