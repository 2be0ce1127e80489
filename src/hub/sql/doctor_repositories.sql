SELECT r.id, a.name || '/' || r.name FROM repositories r JOIN accounts a ON a.id = r.namespace_id
WHERE r.erased_ms IS NULL AND r.id > $1 ORDER BY r.id LIMIT 1000
