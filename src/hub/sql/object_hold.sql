-- Object $2 was uploaded to repository $1.
INSERT INTO repository_objects (repository_id, sha256, size_bytes, added_by, added_ms, committed_ms, is_guarded)
VALUES ($1, $2, $3, $4, $5, NULL, 1)
ON CONFLICT (repository_id, sha256) DO UPDATE SET added_ms = excluded.added_ms
