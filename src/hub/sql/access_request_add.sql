-- User $3 asks for repository $2; no row comes back when he has asked before.
INSERT INTO access_requests (id, repository_id, user_id, status, fields, created_ms) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (repository_id, user_id) DO NOTHING
RETURNING id
