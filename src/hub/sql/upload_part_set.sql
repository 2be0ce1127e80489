INSERT INTO upload_parts (repository_id, oid, user_id, number, sha256, size_bytes, added_ms) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (repository_id, oid, user_id, number) DO UPDATE SET
    sha256 = excluded.sha256, size_bytes = excluded.size_bytes, added_ms = excluded.added_ms
