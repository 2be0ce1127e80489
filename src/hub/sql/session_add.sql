INSERT INTO sessions (id_hash, user_id, csrf, created_ms, expires_ms, seen_ms) VALUES ($1, $2, $3, $4, $5, $4)
