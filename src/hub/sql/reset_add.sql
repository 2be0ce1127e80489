INSERT INTO password_resets (hash, user_id, made_by, created_ms, expires_ms, used_ms) VALUES ($1, $2, $3, $4, $5, NULL)
