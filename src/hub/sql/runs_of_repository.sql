SELECT r.id, r.repository_id, a.name, r.state, r.progress, r.started_ms, r.seen_ms
FROM runs r JOIN accounts a ON a.id = r.user_id WHERE r.repository_id = $1 ORDER BY r.started_ms DESC, r.id LIMIT $2
