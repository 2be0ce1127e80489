-- The sessions of user $1 that have not ended at the time $2.
SELECT id, agent, address, created_ms, seen_ms, expires_ms FROM sessions WHERE user_id = $1 AND expires_ms > $2 ORDER BY id DESC
