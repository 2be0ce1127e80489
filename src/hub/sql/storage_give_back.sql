-- What repository $1 holds counts no more against its account.
UPDATE storage_used SET size_bytes = size_bytes - COALESCE((SELECT r.size_bytes FROM repositories r WHERE r.id = $1), 0)
WHERE account_id = (SELECT r.namespace_id FROM repositories r WHERE r.id = $1)
