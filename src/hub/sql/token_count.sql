SELECT COUNT(*) FROM tokens WHERE user_id = $1 AND revoked_ms IS NULL
