-- The requests of status $2 for repository $1, from the one after $3 on, $4 at most.
SELECT q.id, q.user_id, a.name, a.full_name, a.email, q.status, q.fields, q.reason, q.created_ms
FROM access_requests q JOIN accounts a ON a.id = q.user_id
WHERE q.repository_id = $1 AND q.status = $2 AND q.id > $3 ORDER BY q.id LIMIT $4
