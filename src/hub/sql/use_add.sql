INSERT INTO uses (id, principal_id, repository_id, version, contract_id, purpose, hour_ms, file_count, size_bytes, is_open, created_ms)
VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 0, 1, $8)
ON CONFLICT (principal_id, repository_id, version, contract_id, purpose, hour_ms) DO NOTHING
