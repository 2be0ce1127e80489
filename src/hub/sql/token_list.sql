-- The tokens of user $1 that are not revoked.
SELECT id, name, scopes, created_ms, expires_ms, used_ms FROM tokens WHERE user_id = $1 AND revoked_ms IS NULL ORDER BY id DESC
