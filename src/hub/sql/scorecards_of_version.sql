SELECT s.id, s.profile, s.sha256, s.size_bytes, a.name, s.created_ms
FROM scorecards s JOIN accounts a ON a.id = s.created_by WHERE s.repository_id = $1 AND s.version = $2 ORDER BY s.created_ms DESC, s.id LIMIT 100
