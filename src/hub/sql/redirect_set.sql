INSERT INTO redirects (path_key, repository_id, created_ms) VALUES ($1, $2, $3)
ON CONFLICT (path_key) DO UPDATE SET repository_id = excluded.repository_id, created_ms = excluded.created_ms
