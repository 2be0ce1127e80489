-- The account of repository $1 holds $2 bytes more; answers how many that makes.
INSERT INTO storage_used (account_id, size_bytes)
SELECT namespace_id, CAST($2 AS BIGINT) FROM repositories WHERE id = $1
ON CONFLICT (account_id) DO UPDATE SET size_bytes = storage_used.size_bytes + excluded.size_bytes
RETURNING size_bytes
