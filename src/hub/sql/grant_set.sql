INSERT INTO grants (repository_id, user_id, role, granted_by, added_ms) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (repository_id, user_id) DO UPDATE SET role = excluded.role, granted_by = excluded.granted_by
