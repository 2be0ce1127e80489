INSERT INTO refs (repository_id, name, target, message, created_ms) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (repository_id, name) DO NOTHING
RETURNING name
