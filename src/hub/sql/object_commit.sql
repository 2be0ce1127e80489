-- A version of repository $1 holds object $2 from now on; $6: it stands where removed text stands.
INSERT INTO repository_objects (repository_id, sha256, size_bytes, added_by, added_ms, committed_ms, is_guarded)
VALUES ($1, $2, $3, $4, $5, $5, $6)
ON CONFLICT (repository_id, sha256) DO UPDATE SET
    committed_ms = COALESCE(repository_objects.committed_ms, excluded.committed_ms),
    is_guarded = CASE WHEN excluded.is_guarded = 0 THEN 0 ELSE repository_objects.is_guarded END
