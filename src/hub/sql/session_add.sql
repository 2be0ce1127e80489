INSERT INTO sessions (id, id_hash, user_id, agent, address, created_ms, expires_ms, seen_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $6)
