INSERT INTO tokens (id, user_id, name, hash, scopes, created_ms, expires_ms, revoked_ms, used_ms)
VALUES ($1, $2, $3, $4, $5, $6, $7, NULL, NULL)
