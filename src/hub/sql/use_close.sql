UPDATE uses SET is_open = 0 WHERE id = $1 AND is_open = 1
RETURNING principal_id, repository_id, version, contract_id, purpose, hour_ms, file_count, size_bytes
