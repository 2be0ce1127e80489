UPDATE sessions SET seen_ms = $2, expires_ms = $3 WHERE id = $1
